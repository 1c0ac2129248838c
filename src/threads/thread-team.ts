/** All threads of a server: started together, each replaced when it dies, ended together. */
import {performance} from 'node:perf_hooks';
import {startTimer} from '../loop/clock.js';
import {hold, release} from '../loop/holders.js';
import type {ServerSettings} from '../normalize-endpoint.js';
import type {Drain} from '../server/drain.js';
import type {ListenerObserver} from '../server/listener.js';
import type {ServerParts} from '../server/server-parts.js';
import type {DrainResult, ServerStats} from '../server-types.js';
import type {FaceName} from './messages.js';
import {sumOf} from './shared-stats.js';
import {ThreadListeners} from './thread-listeners.js';
import {ThreadMember, type CommonPlan} from './thread-member.js';
import type {ThreadSettings} from './thread-settings.js';

const firstBackOffMs = 100;
const longestBackOffMs = 30_000;
/** One that has lived so long does not count as another failure in a row. */
const stableMs = 30_000;
/** What a thread may take to end when the time is over, before it is terminated. */
const graceMs = 1000;

/** Told of what handlers threw, of threads that died. */
export type TeamReport = (error: unknown, what: string) => void;

export interface TeamOptions {
	readonly face: FaceName;
	readonly threads: ThreadSettings;
	readonly settings: ServerSettings;
	/** An address. */
	readonly host: string | undefined;
	readonly report: TeamReport;
	/** Is told, at once, how to give up. */
	readonly onCancel: (cancel: () => void) => void;
}

export class ThreadTeam {
	readonly #listeners: ThreadListeners;
	readonly #members: readonly ThreadMember[];
	readonly #report: TeamReport;
	readonly #name: string;
	/** Deaths in a row, by index. */
	readonly #failures = new Map<number, number>();
	readonly #pendingRestarts = new Set<() => void>();
	#isClosing = false;
	#onMemberGone: () => void = () => {};

	private constructor({face, threads, settings, host, report}: TeamOptions) {
		this.#report = report;
		this.#name = settings.name;
		this.#listeners = new ThreadListeners(settings, threads, host);
		const {count, module, data} = threads;
		const plan: CommonPlan = {
			face,
			module,
			count,
			data,
			settings: settingsOfThread(settings),
			address: this.#listeners.first.address,
		};
		this.#members = Array.from(
			{length: count},
			(_, index) =>
				new ThreadMember(index, plan, {
					onError: report,
					onGone: (member, cause) => {
						this.#onGone(member, cause);
					},
				}),
		);
	}

	/** Listens, and resolves when every thread is ready. @throws what one of them threw, ResourceError, BrokenError */
	static async start(options: TeamOptions): Promise<ThreadTeam> {
		const team = new ThreadTeam(options);
		options.onCancel(() => {
			void team.#giveUp();
		});
		try {
			await Promise.all(team.#members.map(member => team.#start(member)));
		} catch (error) {
			await team.#giveUp();
			throw error;
		}

		return team;
	}

	/** For the server of the thread that called `listen`. */
	get parts(): ServerParts {
		return {
			open: (observer: ListenerObserver) => {
				this.#listeners.openDoors(observer);
				return this.#listeners.first;
			},
			describe: own => this.#describe(own),
			drain: (holdsProcess, onDrained) => this.#drain(holdsProcess, onDrained),
		};
	}

	async #start(member: ThreadMember): Promise<void> {
		await member.start();
		if (member.seat !== undefined) this.#listeners.addSeat(member.index, member.seat);
	}

	async #giveUp(): Promise<void> {
		this.#beginToClose();
		this.#listeners.first.close();
		await Promise.all(this.#members.map(member => member.stop(graceMs)));
	}

	/** From now on no thread is started. */
	#beginToClose(): void {
		this.#isClosing = true;
		for (const cancel of this.#pendingRestarts) cancel();
		this.#pendingRestarts.clear();
	}

	#describe(own: ServerStats): ServerStats {
		const threads = this.#members.map(member => member.stats.read());
		const sum = sumOf([own, ...threads]);
		const refused: Record<string, number> = {...sum.refused};
		for (const [name, count] of Object.entries(this.#listeners.refusals()))
			if (name in refused) refused[name] = (refused[name] as number) + (count as number);
		return {...sum, refused: refused as ServerStats['refused'], threads};
	}

	// death and return

	#onGone(member: ThreadMember, cause: unknown): void {
		this.#listeners.removeSeat(member.index);
		if (!this.#isClosing) {
			if (member.age >= stableMs) this.#failures.delete(member.index);
			this.#report(cause, `cotcp: a thread of ${this.#name} has died`);
			this.#restartLater(member);
		} else if (cause !== undefined) this.#report(cause, `cotcp: a thread of ${this.#name} has died`);
		this.#onMemberGone();
	}

	#restartLater(member: ThreadMember): void {
		const failures = this.#failures.get(member.index) ?? 0;
		this.#failures.set(member.index, failures + 1);
		const cancel = startTimer(Math.min(firstBackOffMs * 2 ** failures, longestBackOffMs), () => {
			this.#pendingRestarts.delete(cancel);
			this.#start(member).catch((error: unknown) => {
				if (this.#isClosing) {
					this.#onMemberGone();
					return;
				}

				this.#report(error, `cotcp: a thread of ${this.#name} does not start again`);
				this.#restartLater(member);
			});
		});
		this.#pendingRestarts.add(cancel);
	}

	// the end

	#drain(holdsProcess: boolean, onDrained: (result: DrainResult) => void): Pick<Drain, 'within' | 'check'> {
		let until = Infinity;
		let cancelTimer: (() => void) | undefined;
		let isOver = false;
		this.#beginToClose();
		if (holdsProcess) hold();
		const check = (): void => {
			if (isOver || this.#members.some(member => member.isRunning)) return;
			isOver = true;
			cancelTimer?.();
			if (holdsProcess) release();
			onDrained(this.#result());
		};
		for (const member of this.#members) {
			member.drained = undefined;
			if (member.seat === undefined) void member.stop(graceMs);
		}

		this.#onMemberGone = check;
		return {
			check,
			within: timeout => {
				const newUntil = performance.now() + timeout;
				if (isOver || newUntil >= until) return;
				until = newUntil;
				for (const member of this.#members) member.close(timeout);
				cancelTimer?.();
				cancelTimer = startTimer(timeout + graceMs, () => {
					for (const member of this.#members) void member.terminate();
				});
			},
		};
	}

	#result(): DrainResult {
		let drained = 0;
		let aborted = 0;
		for (const member of this.#members) {
			drained += member.drained?.drained ?? 0;
			aborted += member.drained?.aborted ?? 0;
		}

		return {drained, aborted};
	}
}

/** What can be cloned of them, without what is looked after for all threads together. */
function settingsOfThread(settings: ServerSettings): ServerSettings {
	return {
		...settings,
		...{onError: undefined, signal: undefined, threads: undefined},
		maxConnections: Infinity,
		maxConnectionsPerAddress: Infinity,
	};
}
