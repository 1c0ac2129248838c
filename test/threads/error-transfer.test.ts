import test from 'ava';
import {ClosedError} from '../../src/index.js';
import {packError, unpackError} from '../../src/threads/error-transfer.js';

test('an error of the library arrives with its class, code and cause', t => {
	const cause = new TypeError('the cause');
	const arrived = unpackError(
		structuredClone(packError(new ClosedError('ERR_TCP_CLOSED', 'over', {cause, bytesSent: 3}))),
	);
	t.true(arrived instanceof ClosedError);
	t.like(arrived, {code: 'ERR_TCP_CLOSED', message: 'over', bytesSent: 3});
	t.true((arrived as ClosedError).cause instanceof TypeError);
});

const isTold = test.macro((t, make: () => unknown) => {
	t.regex(String(unpackError(structuredClone(packError(make())))), /a value of type \w+ that cannot be handed over/u);
});

const throwing = {
	get(): never {
		throw new Error('from the getter');
	},
	enumerable: true,
};

test('a revoked proxy becomes a text', isTold, () => {
	const {proxy, revoke} = Proxy.revocable({}, {});
	revoke();
	return proxy;
});
test('an error whose message cannot be read becomes a text', isTold, () =>
	Object.defineProperty(new Error('x'), 'message', throwing),
);
test('an error with a property that cannot be read becomes a text', isTold, () =>
	Object.defineProperty(new Error('x'), 'more', throwing),
);
test('an error without a constructor becomes a text', isTold, () =>
	Object.assign(new Error('x'), {constructor: undefined}),
);
