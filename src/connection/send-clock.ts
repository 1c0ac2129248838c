/**
 * How long the send whose turn it is has taken: `sendTimeout`. One deadline in the thread's queue, armed only while a send waits.
 * Made only for connections with that limit.
 */
import {performance} from 'node:perf_hooks';
import {deadlines} from '../loop/call-deadlines.js';
import {Deadline} from '../loop/deadlines.js';
import {timeLimitPassed, type LimitedConnection} from './limits.js';
import {SendMarks} from './send-marks.js';

export class SendClock {
	readonly #connection: LimitedConnection;
	readonly #marks: SendMarks;
	/** Whose time is running: a call that waits, or the end of a message that native code holds. */
	#running: object | number | undefined;
	#deadline: Deadline | undefined;

	constructor(connection: LimitedConnection) {
		this.#connection = connection;
		this.#marks = new SendMarks(connection.link);
	}

	/** As of the link. What is posted is written when the batch is over: its rest is found by the sweep of blocked connections. */
	post(bytes: Uint8Array, length: number): boolean {
		this.#marks.begin();
		const isPosted = this.#connection.link.post(bytes, length);
		if (isPosted) this.#marks.add(length);
		return isPosted;
	}

	/** Around a message that is handed in directly. */
	beforeSend(): void {
		this.#marks.begin();
	}

	afterSend(length: number): void {
		this.#marks.add(length);
		this.look();
	}

	/** Another send may have its turn now. */
	look(): void {
		if (this.#connection.link.isReleased) return;
		const next = this.#marks.head() ?? this.#connection.headSend();
		if (next === this.#running) return;
		this.end();
		if (next !== undefined) this.#start(next, performance.now() + this.#connection.limits.sendTimeout);
	}

	end(): void {
		this.#running = undefined;
		if (this.#deadline === undefined) return;
		deadlines.remove(this.#deadline);
		this.#deadline.forget();
		this.#deadline = undefined;
	}

	/** The same connection in the other face: the time of the send under way goes on. */
	takeOver(other: SendClock): void {
		this.#marks.takeOver(other.#marks);
		const {when} = other.#deadline ?? {};
		const running = other.#running;
		other.end();
		if (when !== undefined && running !== undefined) this.#start(running, when);
	}

	onDeadline(): void {
		const running = this.#running;
		this.look();
		if (running === undefined || running !== this.#running) return;
		const {limits, link} = this.#connection;
		this.#connection.onLimit('sendTimeout', timeLimitPassed('sendTimeout', limits.sendTimeout, link.place));
	}

	#start(running: object | number, when: number): void {
		this.#running = running;
		this.#deadline = new Deadline(when, this);
		deadlines.add(this.#deadline);
	}
}
