import type {SocketAddress} from 'cotcp';

export interface Endpoint {
	readonly host: string;
	readonly port: number;
}

/** What both styles are given. */
export interface RelayOptions {
	readonly listenOn: Endpoint;
	/** Where every connection goes on to. */
	readonly target: Endpoint;
	/** Trouble of the listener, or of the way to the target; not that a client has gone. */
	readonly report: (error: unknown, client: SocketAddress | undefined) => void;
}

/** A relay that listens. */
export interface Relay {
	readonly address: SocketAddress;
	/** Resets all connections on both sides: to cut a stream by a FIN would make a half of it look whole. */
	stop(): Promise<unknown>;
}
