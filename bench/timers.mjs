// Arms and cancels timers, cotcp's and Node's by turns in one process, and prints one line of JSON: CPU ms of each. Then lets some come due
// and looks whether one is early.
import {performance} from 'node:perf_hooks';
import {clearTimeout, setTimeout} from 'node:timers';
import {EventLoop} from 'cotcp/reactor';

const count = Number(process.argv[2]);
const delayMs = 60_000;
const dueTimers = 20_000;
const longestDueMs = 100;
const loop = EventLoop.current();
const nothing = () => {};

function cpuMs() {
	const {user, system} = process.cpuUsage();
	return (user + system) / 1000;
}

function measure(arm, cancel) {
	const timers = new Array(count);
	const start = cpuMs();
	for (let index = 0; index < count; index++) timers[index] = arm();
	const armed = cpuMs();
	for (let index = 0; index < count; index++) cancel(timers[index]);
	return {armMs: armed - start, cancelMs: cpuMs() - armed};
}

const measureCotcp = () =>
	measure(
		() => loop.runAfter(delayMs, nothing),
		timer => loop.cancel(timer),
	);
const measureNode = () => measure(() => setTimeout(nothing, delayMs), clearTimeout);

async function countEarly() {
	let early = 0;
	await new Promise(resolve => {
		let left = dueTimers;
		for (let index = 0; index < dueTimers; index++) {
			const time = performance.now() + (index * longestDueMs) / dueTimers;
			loop.runAt(time, () => {
				if (performance.now() < time) early++;
				if (--left === 0) resolve();
			});
		}
	});
	return early;
}

// Once each before it counts: both are compiled then.
measureCotcp();
measureNode();
const cotcp = measureCotcp();
const node = measureNode();
console.log(JSON.stringify({cotcp, node, early: await countEarly()}));
