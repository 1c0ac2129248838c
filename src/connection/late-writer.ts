/** A message in the queue of a connection's writing half that is still being made. Its place is taken at the call. */
import type {Call} from './call.js';
import type {Link} from './link.js';
import {QueuedCall, SendWriter, type StepOutcome, type Writer} from './writer.js';

export class LateWriter extends QueuedCall<undefined> implements Writer {
	readonly #call: Call<undefined>;
	#writer: SendWriter | undefined;
	#failure: {readonly error: unknown} | undefined;

	/** `onReady`: it has been made, of so many bytes, or it could not be. */
	constructor(
		call: Call<undefined>,
		message: Promise<readonly Uint8Array[]>,
		onReady: (writer: LateWriter, bytes: number) => void,
	) {
		super(call, undefined);
		this.#call = call;
		message.then(
			pieces => {
				this.#writer = new SendWriter(this.#call, pieces);
				this.#copyProgress(this.#writer);
				onReady(this, this.bytesLeft);
			},
			(error: unknown) => {
				this.#failure = {error};
				onReady(this, 0);
			},
		);
	}

	step(link: Link, othersWait: boolean): StepOutcome {
		if (this.#failure !== undefined) throw this.#failure.error;
		if (this.#writer === undefined) {
			link.holdOutput();
			return 'wait';
		}

		const outcome = this.#writer.step(link, othersWait);
		this.#copyProgress(this.#writer);
		return outcome;
	}

	#copyProgress({bytesSent, bytesLeft}: SendWriter): void {
		this.bytesSent = bytesSent;
		this.bytesLeft = bytesLeft;
	}
}
