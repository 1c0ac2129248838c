/** The file of one `sendFile`: one that the caller has open and keeps, or one that is opened and closed here. */
import {constants, open, type FileHandle} from 'node:fs/promises';

export interface FileSource {
	/** false: it is still being opened. */
	readonly isReady: boolean;
	/** The descriptor as it is now; -1 once the file has been closed. @throws what opening it threw */
	descriptor(): number;
	/** Nobody needs it any more. */
	release(): void;
}

/** `onReady`: it may be asked for its descriptor. */
export function fileSource(file: FileHandle | string | URL, onReady: () => void): FileSource {
	return typeof file === 'string' || file instanceof URL ? new OwnFile(file, onReady) : new BorrowedFile(file);
}

/** The caller's: never closed here. Its descriptor is asked for anew each time, as the caller may close it. */
export class BorrowedFile implements FileSource {
	readonly isReady = true;
	readonly #handle: FileHandle;

	constructor(handle: FileHandle) {
		this.#handle = handle;
	}

	descriptor(): number {
		return this.#handle.fd;
	}

	release(): void {
		// The caller closes it.
	}
}

/** Opened at once, closed when it is released, whichever comes last. */
export class OwnFile implements FileSource {
	#handle: FileHandle | undefined;
	#failure: {readonly error: unknown} | undefined;
	#isReleased = false;

	/** `onReady`: it has been opened, or could not be. */
	constructor(path: string | URL, onReady: () => void) {
		void this.#open(path, onReady);
	}

	get isReady(): boolean {
		return this.#handle !== undefined || this.#failure !== undefined;
	}

	descriptor(): number {
		if (this.#failure !== undefined) throw this.#failure.error;
		return this.#handle?.fd ?? -1;
	}

	release(): void {
		if (this.#isReleased) return;
		this.#isReleased = true;
		this.#close();
	}

	async #open(path: string | URL, onReady: () => void): Promise<void> {
		try {
			// O_NONBLOCK: to open a FIFO that nobody writes to would occupy a thread of the pool for ever.
			this.#handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
		} catch (error) {
			this.#failure = {error};
		}

		if (this.#isReleased) this.#close();
		else onReady();
	}

	#close(): void {
		// What was only read has nothing to lose: an error of close(2) tells nobody anything.
		this.#handle?.close().catch(() => {});
	}
}
