import type {HostileServer, HostileServerName} from './hostile-servers.js';
import type {HostileSample} from './measure-hostile.js';
import type {HostileScenario} from './scenarios.js';
import {median, pairedRatio} from './statistics.js';
import {formatNumber, formatTable} from './table.js';
import {atLeast, atMost, type Verdict} from './verdict.js';

export type HostileSamples = ReadonlyMap<HostileServerName, readonly HostileSample[]>;
type Figure = (sample: HostileSample) => number;

const mebibyte = 1024 * 1024;

const rateBefore: Figure = ({before}) => before.messagesPerSecond;
const rateAfterwards: Figure = ({afterwards}) => afterwards.messagesPerSecond;
const rateDuring: Figure = ({during}) => during.messagesPerSecond;
const p99Before: Figure = ({before}) => before.p99LatencyMicros;
const p99Afterwards: Figure = ({afterwards}) => afterwards.p99LatencyMicros;
const p99During: Figure = ({during}) => during.p99LatencyMicros;

function column(samples: HostileSamples, name: HostileServerName, figure: Figure): number[] {
	return (samples.get(name) ?? []).map(sample => figure(sample));
}

/** The machine's own drift is not the hostile peers': what is between them is compared with the mean of both sides. */
function without(before: Figure, afterwards: Figure): Figure {
	return sample => (before(sample) + afterwards(sample)) / 2;
}

function ratio(samples: HostileSamples, name: HostileServerName, figure: Figure, yardstick: Figure): number {
	return pairedRatio(column(samples, name, figure), column(samples, name, yardstick));
}

export function hostileTable(samples: HostileSamples, servers: readonly HostileServer[]): string {
	const columns: ReadonlyArray<readonly [string, Figure, number]> = [
		['msg/s before', rateBefore, 0],
		['arriving', ({arriving}) => arriving.messagesPerSecond, 0],
		['during', rateDuring, 0],
		['afterwards', rateAfterwards, 0],
		['p99 µs before', p99Before, 0],
		['arriving', ({arriving}) => arriving.p99LatencyMicros, 0],
		['during', p99During, 0],
		['afterwards', p99Afterwards, 0],
		['max µs during', ({during}) => during.maxLatencyMicros, 0],
		['peers ended', ({ended}) => ended, 0],
		['first ms', ({shortestLifeMs}) => shortestLifeMs, 0],
		['last ms', ({lastEndMs}) => lastEndMs, 0],
		['RSS MiB during', ({bytesDuring}) => bytesDuring / mebibyte, 1],
		['after', ({bytesAfter}) => bytesAfter / mebibyte, 1],
		['collected, before', ({bytesKeptBefore}) => bytesKeptBefore / mebibyte, 1],
		['after', ({bytesKeptAfter}) => bytesKeptAfter / mebibyte, 1],
	];
	const rows = servers.map(({name, title}) => [
		title,
		...columns.map(([, figure, decimals]) => formatNumber(median(column(samples, name, figure)), decimals)),
	]);
	return formatTable([['', ...columns.map(([heading]) => heading)], ...rows]);
}

function verdictsOf(scenario: HostileScenario, samples: HostileSamples, {name, title}: HostileServer): Verdict[] {
	const {limit, limits, peers, timeoutMs} = scenario;
	const worst = (figure: Figure, pick: (...values: number[]) => number) => pick(...column(samples, name, figure));
	const verdicts: Verdict[] = [];
	if (limits.minThroughputToBefore !== undefined) {
		const value = ratio(samples, name, rateDuring, without(rateBefore, rateAfterwards));
		const what = `${title}, healthy messages per second to before and afterwards`;
		verdicts.push(atLeast(what, value, limits.minThroughputToBefore));
	}
	if (limits.maxP99ToBefore !== undefined) {
		const value = ratio(samples, name, p99During, without(p99Before, p99Afterwards));
		verdicts.push(atMost(`${title}, healthy p99 to before and afterwards`, value, limits.maxP99ToBefore));
	}
	const ended = worst(({resets, endedByLimit}) => Math.min(resets, endedByLimit), Math.min);
	const shortest = worst(({shortestLifeMs}) => shortestLifeMs, Math.min);
	const last = worst(({lastEndMs}) => lastEndMs, Math.max);
	const grown = worst(({bytesKeptBefore, bytesKeptAfter}) => (bytesKeptAfter - bytesKeptBefore) / mebibyte, Math.max);
	return [
		...verdicts,
		atLeast(`${title}, hostile peers reset by ${limit}`, ended, peers, 0),
		atLeast(`${title}, ms that the first of them had`, shortest, timeoutMs, 0),
		atMost(`${title}, ms until the last of them was reset`, last, timeoutMs + limits.maxLateMs, 0),
		atMost(`${title}, MiB of RSS that stay`, grown, limits.maxGrownBytes / mebibyte, 1),
	];
}

/** Ratios by the median, as everywhere; of the peers' ends the worst repetition counts. */
export function hostileVerdicts(
	scenario: HostileScenario,
	samples: HostileSamples,
	servers: readonly HostileServer[],
): Verdict[] {
	return servers.flatMap(server => verdictsOf(scenario, samples, server));
}
