const lineEnd = '\r\n';

/** An id of any length that a request can carry, a colon, 81 digits; and some more, as it is their server. */
const maxLineLength = 256;

/** What the server sent is no answer of the protocol. */
export class AnswerError extends Error {
	override readonly name = 'AnswerError';
}

/** Cuts a stream of bytes into lines ended by CRLF. */
export class AnswerLines {
	#rest = '';

	/** The lines that are complete with `chunk`, without their ends. @throws AnswerError for a line that does not end */
	feed(chunk: Buffer): string[] {
		const lines = (this.#rest + chunk.toString('latin1')).split(lineEnd);
		this.#rest = lines.pop() ?? '';
		const tooLong = [...lines, this.#rest].find(line => line.length > maxLineLength);
		if (tooLong !== undefined) throw new AnswerError(`no answer, but ${quote(tooLong)}`);
		return lines;
	}

	/** @throws AnswerError if the stream ends within a line */
	end(): void {
		if (this.#rest !== '') throw new AnswerError(`the stream ended within a line: ${quote(this.#rest)}`);
	}
}

const shownLength = 100;

/** Bytes of others as a part of a message: one line, not too long, nothing that a terminal obeys. */
export function quote(text: string): string {
	// JSON leaves DEL and the control characters of Latin-1 as they are.
	const safe = JSON.stringify(text.slice(0, shownLength)).replaceAll(
		/[\u007F-\u009F]/gu,
		character => `\\u00${character.charCodeAt(0).toString(16)}`,
	);
	return text.length > shownLength ? `${safe} and more` : safe;
}
