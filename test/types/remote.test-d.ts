import {expectAssignable, expectError, expectNotAssignable, expectType} from 'tsd';
import {RemoteConnection, type CloseInfo, type CoTcpConnection, type OperationOptions, type RemoteToken} from 'cotcp';
import type {TcpConnection} from 'cotcp/reactor';

declare const connection: CoTcpConnection<string>;
declare const reactorConnection: TcpConnection<string>;
const {signal} = new AbortController();

// The token.
const token = connection.remote();
expectType<RemoteToken>(token);
expectType<RemoteToken>(reactorConnection.remote());
expectType<'cotcp.remote'>(token.kind);
expectType<bigint>(token.id);
expectType<RemoteToken>(structuredClone(token));
expectError((token.id = 1n));
expectNotAssignable<RemoteToken>({kind: 'cotcp.timer', id: 1n});
expectNotAssignable<RemoteToken>({kind: 'cotcp.remote', id: 1});

// The handle.
const remote = RemoteConnection.from(token);
expectType<RemoteConnection>(remote);
expectType<bigint>(remote.id);
expectType<Promise<CloseInfo>>(remote.closed);
expectError((remote.id = 1n));
// @ts-expect-error -- private
new RemoteConnection('token');
expectError(RemoteConnection.from(1n));
expectError(RemoteConnection.from());

// Its calls.
expectType<Promise<void>>(remote.send('text'));
expectType<Promise<void>>(remote.send(new Uint8Array(1)));
expectType<Promise<void>>(remote.send(['text', new Uint8Array(1)] as const, {signal, timeout: 5}));
expectAssignable<Parameters<typeof remote.send>[1]>({} as OperationOptions | undefined);
expectError(remote.send(5));
expectError(remote.send(new ArrayBuffer(1)));
expectError(remote.send('text', {timeout: '5'}));
expectType<Promise<void>>(remote.shutdown());
expectType<void>(remote.reset());
