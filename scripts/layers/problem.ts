/** Something that check-layers objects to. */
export interface Problem {
	/** Relative to the root of the project. */
	readonly file: string;
	/** From 1; 0 where the file as a whole is meant. */
	readonly line: number;
	readonly rule: string;
	readonly message: string;
}

/** One line for a person: `src/listen.ts:3 [src-arrows] ...`. */
export function showProblem({file, line, rule, message}: Problem): string {
	return `${line > 0 ? `${file}:${line}` : file} [${rule}] ${message}`;
}
