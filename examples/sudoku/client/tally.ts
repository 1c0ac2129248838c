import type {Verdict} from './judge.js';

/** What has become of the requests of a run. */
export class Tally {
	readonly #counts: Record<Verdict, number> = {ok: 0, wrong: 0, noSolution: 0, tooBusy: 0};
	readonly #faults: string[] = [];
	/** Connections that ended otherwise than they should. */
	failures = 0;
	/** Requests that have no answer. */
	lost = 0;
	/** Faults beyond those that are kept. */
	moreFaults = 0;

	count(verdict: Verdict): void {
		this.#counts[verdict]++;
	}

	/** Answers that were counted as `NoSolution` and are wrong. */
	refute(answers: number): void {
		this.#counts.noSolution -= answers;
		this.#counts.wrong += answers;
	}

	/** One line each; the first ones are kept. */
	report(fault: string): void {
		if (this.#faults.length < keptFaults) this.#faults.push(fault);
		else this.moreFaults++;
	}

	get counts(): Readonly<Record<Verdict, number>> {
		return this.#counts;
	}

	get answers(): number {
		const {ok, wrong, noSolution, tooBusy} = this.#counts;
		return ok + wrong + noSolution + tooBusy;
	}

	get faults(): readonly string[] {
		return this.#faults;
	}

	get isGood(): boolean {
		return this.#counts.wrong === 0 && this.lost === 0 && this.failures === 0;
	}
}

const keptFaults = 10;
