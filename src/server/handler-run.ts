/** Runs a handler for a connection, whose scope owns it: on return close, on throw reset. */
import type {AsyncResource} from 'node:async_hooks';
import type {CoTcpConnection} from '../co-tcp-connection.js';
import type {Lifetime} from '../connection/lifetime.js';
import {isOwnedBy} from '../connection/ownership.js';
import {BusyError, ResourceError} from '../errors.js';
import type {ConnectionHandler} from '../server-types.js';

/** Even of its own connection: a mistake of the handler, or a want of this machine. */
const neverOutcomes = [BusyError, ResourceError] as const;

// eslint-disable-next-line @typescript-eslint/unbound-method -- it is applied to a promise below
const promiseThen = Promise.prototype.then;

/** Who wants to know how it went. */
export interface HandlerObserver<Context> {
	/** It threw what is no outcome of its own connection. */
	onHandlerError(error: unknown, connection: CoTcpConnection<Context>): void;
	onHandlerSettled(): void;
}

/** Starts it in the async context of `resource`. Never throws. */
export function runHandler<Context>(
	handler: ConnectionHandler<Context>,
	connection: CoTcpConnection<Context>,
	lifetime: Lifetime,
	resource: AsyncResource,
	observer: HandlerObserver<Context>,
): void {
	try {
		const result: unknown = resource.runInAsyncScope(handler, undefined, connection);
		if (isObject(result)) {
			// Asking a promise, too, may run code of the user's that throws.
			follow(result, connection, lifetime, observer);
			return;
		}
	} catch (error) {
		onThrow(error, connection, lifetime, observer);
		return;
	}

	onReturn(connection, lifetime, observer);
}

/** The result may be a promise; asking it is left to Promise.resolve, as a `then` that is a getter can throw. */
function isObject(value: unknown): value is object {
	return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** Apart, so that what a handler keeps alive for as long as it runs is this and no more. */
function follow<Context>(
	result: object,
	connection: CoTcpConnection<Context>,
	lifetime: Lifetime,
	observer: HandlerObserver<Context>,
): void {
	// As await does: a promise may have a then of its own, which might call back twice, or call back and throw.
	void Reflect.apply(promiseThen, Promise.resolve(result), [
		() => onReturn(connection, lifetime, observer),
		(error: unknown) => onThrow(error, connection, lifetime, observer),
	]);
}

function onReturn<Context>(
	connection: CoTcpConnection<Context>,
	lifetime: Lifetime,
	observer: HandlerObserver<Context>,
): void {
	void connection.close();
	lifetime.handlerSettled();
	observer.onHandlerSettled();
}

function onThrow<Context>(
	error: unknown,
	connection: CoTcpConnection<Context>,
	lifetime: Lifetime,
	observer: HandlerObserver<Context>,
): void {
	const isOutcome = isOwnedBy(error, lifetime) && !neverOutcomes.some(kind => error instanceof kind);
	lifetime.failHandler(error);
	if (!isOutcome) observer.onHandlerError(error, connection);
	lifetime.handlerSettled();
	observer.onHandlerSettled();
}
