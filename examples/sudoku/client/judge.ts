import {noSolution, tooBusy} from './answer.js';
import {quote} from './answer-lines.js';
import type {GridFile} from './grid-file.js';
import {faultOf} from './verify.js';

export type Verdict = 'ok' | 'wrong' | 'noSolution' | 'tooBusy';

/** `undefined`: it has none. */
export type Solver = (grid: string) => string | undefined;

/** Says of every answer what it is worth. A right one that has come before costs one comparison. */
export class Judge {
	readonly #file: GridFile;
	readonly #expected: readonly string[] | undefined;
	/** The last right answer to each grid. */
	readonly #right: Array<string | undefined>;
	readonly #report: (fault: string) => void;
	/** How often each grid was said to have no solution, while nobody knows better. */
	readonly #denied = new Map<number, number>();

	/** `expected`: the one right answer to each grid. Without it any solution is right. */
	constructor(file: GridFile, expected: readonly string[] | undefined, report: (fault: string) => void) {
		this.#file = file;
		this.#expected = expected;
		this.#right = new Array<string | undefined>(file.grids.length).fill(undefined);
		this.#report = report;
	}

	judge(grid: number, body: string): Verdict {
		if (body === this.#right[grid]) return 'ok';
		if (body === tooBusy) return 'tooBusy';
		const expected = this.#expected?.[grid];
		if (body === noSolution && (expected === undefined || expected === noSolution)) {
			if (expected === undefined) this.#denied.set(grid, (this.#denied.get(grid) ?? 0) + 1);
			return 'noSolution';
		}

		const fault = this.#faultOf(grid, body, expected);
		if (fault === undefined) {
			this.#right[grid] = body;
			return 'ok';
		}

		this.#report(`wrong answer to ${this.#placeOf(grid)}: ${fault}: ${quote(body)}`);
		return 'wrong';
	}

	/** Resolves nothing by belief: grids that were said to have no solution are solved here. The number of answers that were wrong. */
	countRefuted(solve: Solver): number {
		let refuted = 0;
		for (const [grid, times] of this.#denied) {
			const puzzle = this.#file.grids[grid] ?? '';
			const board = this.#right[grid] ?? solve(puzzle);
			if (board === undefined || faultOf(board, puzzle) !== undefined) continue;
			refuted += times;
			this.#report(`wrong answer to ${this.#placeOf(grid)}: ${noSolution}, but there is one: ${board}`);
		}

		return refuted;
	}

	#faultOf(grid: number, body: string, expected: string | undefined): string | undefined {
		if (body === expected) return undefined;
		if (body === noSolution) return 'the solutions file has one';
		const fault = faultOf(body, this.#file.grids[grid] ?? '');
		if (fault !== undefined || expected === undefined) return fault;
		return expected === noSolution
			? `a solution, but the solutions file says ${noSolution}`
			: 'a solution, but not the one in the solutions file';
	}

	#placeOf(grid: number): string {
		return `line ${this.#file.lines[grid] ?? '?'} of ${this.#file.path}`;
	}
}
