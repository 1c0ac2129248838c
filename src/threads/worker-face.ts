/** What a worker thread needs to know of the face whose server it runs. */
import type {DrainResult} from '../server-types.js';
import type {ServerSettings} from '../normalize-endpoint.js';
import type {ServerParts} from '../server/server-parts.js';
import type {Published} from './stats-publisher.js';

/** A server of either face in a worker thread. */
export interface ThreadServer extends Published {
	/** The earliest deadline counts, ms from now. */
	end(timeout: number): Promise<DrainResult>;
}

export interface WorkerFace<Exported> {
	/** @throws TypeError for a default export that cannot be run */
	readonly check: (exported: unknown) => Exported;
	/** `report` is told what `onError` is. */
	open(
		settings: ServerSettings,
		exported: Exported,
		parts: ServerParts,
		report: (error: unknown) => void,
	): Promise<ThreadServer>;
}
