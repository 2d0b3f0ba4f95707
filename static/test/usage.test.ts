import { describe, expect, it } from 'vitest';
import { bars, bookOf, errors, formats, named, remarks, standing, tokens, troubles, uncounted, type Book } from '../src/model/usage';
import type { GatewayStatus, Usage, UsageRow, UsageSums } from '../src/wire';

const NOTHING: UsageSums = {
  requests: 0, errors_unauthorized: 0, errors_throttled: 0, errors_invalid: 0, errors_failed: 0, errors_network: 0, cancelled: 0,
  input_tokens: 0, cached_tokens: 0, cache_write_tokens: 0, output_tokens: 0,
  cost_usd: null, requests_without_price: 0, requests_without_usage: 0, first_byte_ms: null, total_ms: null,
};
const sums = (change: Partial<UsageSums> = {}): UsageSums => ({ ...NOTHING, ...change });
const row = (change: Partial<UsageRow>): UsageRow => ({ day: null, session_id: null, agent: null, model: null, ...NOTHING, ...change });
const usage = (rows: UsageRow[] = [], change: Partial<Usage> = {}): Usage => ({ since: '2026-02-27', until: '2026-03-02', rows, total: NOTHING, truncated: false, ...change });
const book = (change: Partial<Record<'day' | 'session' | 'agent' | 'model', Usage>> = {}): Book => bookOf(7, { day: usage(), session: usage(), agent: usage(), model: usage(), ...change });
const f = formats('en-US');

describe('the book of usage', () => {
  it('leaves no day out', () => {
    const { days } = book({ day: usage([row({ day: '2026-03-01', requests: 2 })]) });
    expect(days.map(({ day, sums }) => [day, sums?.requests ?? null])).toEqual([['2026-02-27', null], ['2026-02-28', null], ['2026-03-01', 2], ['2026-03-02', null]]);
  });

  it('has first what cost most, and by tokens what has no known cost', () => {
    const { models } = book({
      model: usage([
        row({ model: 'few', requests: 1, input_tokens: 5 }),
        row({ model: 'cheap', requests: 1, cost_usd: 0.5 }),
        row({ model: null, requests: 1 }),
        row({ model: 'many', requests: 1, output_tokens: 500 }),
        row({ model: 'dear', requests: 1, cost_usd: 2 }),
      ]),
    });
    expect(models.map(({ key }) => key)).toEqual(['dear', 'cheap', 'many', 'few', '']);
  });

  it('tells when one of its answers was cut', () => {
    expect(book().truncated).toBe(false);
    expect(book({ session: usage([], { truncated: true }) }).truncated).toBe(true);
    expect(remarks(book({ session: usage([], { truncated: true }) }), f.count)).toEqual(['There is more than one answer holds: the sums leave out the rest.']);
  });

  it('counts every token once, and every error', () => {
    expect(tokens(sums({ input_tokens: 1, cached_tokens: 20, cache_write_tokens: 300, output_tokens: 4000 }))).toBe(4321);
    const failed = sums({ errors_unauthorized: 1, errors_throttled: 2, errors_invalid: 3, errors_failed: 4, errors_network: 5, cancelled: 6 });
    expect(errors(failed)).toBe(15);
    expect(troubles(failed, f.count)).toEqual(['1 refused for their token', '2 asked too often', '3 refused as invalid', '4 failed at the model', '5 reached nobody', '6 given up by the agent']);
    expect(troubles(sums({ requests: 3 }), f.count)).toEqual([]);
  });

  it('says what the numbers leave out', () => {
    const said = (change: Partial<UsageSums>) => remarks({ ...book(), total: sums(change) }, f.count);
    expect(said({ requests: 9 })).toEqual([]);
    expect(said({ requests_without_price: 1 })[0]).toMatch(/^The price of 1 request is unknown/);
    expect(said({ requests_without_price: 1200 })[0]).toMatch(/^The price of 1,200 requests is unknown/);
    expect(said({ requests_without_usage: 2 })[0]).toMatch(/^2 answers did not say how many tokens they took/);
  });
});

describe('the gateway', () => {
  const gateway = (change: Partial<GatewayStatus> = {}): GatewayStatus => ({ mode: 'gateway', url: null, route: null, base_url: null, reachable: null, has_token: true, requests_in_flight: 0, requests: 0, last_error: null, ...change });

  it('says when nobody counts', () => {
    expect(uncounted(gateway({ mode: null }))).toMatch(/no gateway here/);
    expect(uncounted(gateway({ mode: 'direct' }))).toMatch(/GATEWAY_MODE=direct/);
    expect(uncounted(gateway())).toBe('');
  });

  it('says how it stands', () => {
    for (const [change, said] of [
      [{ mode: null }, ''],
      [{ mode: 'direct' }, ''],
      [{}, 'No model was asked yet'],
      [{ has_token: false, reachable: true }, 'The gateway waits for the workspace token'],
      [{ reachable: false }, 'The models do not answer'],
      [{ reachable: true, requests_in_flight: 1 }, 'The models answer; 1 request under way'],
      [{ reachable: true, requests_in_flight: 2 }, 'The models answer; 2 requests under way'],
    ] as const) {
      expect(standing(gateway(change), f.count)).toBe(said);
    }
  });
});

describe('the chart', () => {
  const days = [null, sums({ requests: 3, cost_usd: 0.034, input_tokens: 10, output_tokens: 5 }), sums({ requests: 8, cost_usd: null, input_tokens: 1 })].map((sums, at) => ({ day: `2026-03-0${at + 1}`, sums }));

  it('has a round number at its top and a bar for each day', () => {
    expect(bars(days, 'cost').top).toBeCloseTo(0.05);
    expect(bars(days, 'cost').bars.map(({ value }) => value)).toEqual([0, 0.034, 0]);
    expect(bars(days, 'tokens')).toMatchObject({ top: 20, bars: [{ height: 0 }, { height: 0.75 }, { height: 0.05 }] });
    expect(bars(days, 'requests')).toMatchObject({ top: 10, bars: [{ height: 0 }, { height: 0.3 }, { height: 0.8 }] });
    expect(bars([], 'cost')).toEqual({ top: 0, bars: [] });
    expect(bars(days.slice(0, 1), 'cost')).toMatchObject({ top: 0, bars: [{ height: 0 }] });
    expect(bars([{ day: '2026-03-01', sums: sums({ requests: 1000 }) }], 'requests').top).toBe(1000);
  });

  it('names all days of a week, and of a month today and every seventh before', () => {
    expect([0, 1, 2, 3, 4, 5, 6].filter((at) => named(7, at))).toHaveLength(7);
    expect(Array.from({ length: 30 }, (_, at) => at).filter((at) => named(30, at))).toEqual([1, 8, 15, 22, 29]);
  });
});

describe('numbers', () => {
  it('are written as people of the locale do', () => {
    const german = formats('de-DE');
    expect([f.count(1234567), german.count(1234567)]).toEqual(['1,234,567', '1.234.567']);
    expect([f.short(99_999), f.short(1_234_567), f.short(0)]).toEqual(['99,999', '1.23M', '0']);
    expect([f.usd(0), f.usd(1234.5), f.usd(0.01), f.usd(0.00123), f.usd(0.0000004)]).toEqual(['$0.00', '$1,234.50', '$0.01', '$0.0012', '$0.0000004']);
    expect(german.usd(1234.5).replace(/\s/g, ' ')).toBe('1.234,50 $');
    expect([f.day('2026-03-01'), german.day('2026-03-01')]).toEqual(['Mar 1', '1. März']);
    expect([f.time(null), f.time(840), f.time(12_400)]).toEqual(['–', '0.8\u00a0s', '12\u00a0s']);
  });

  it('never take an unknown cost for nothing', () => {
    const cost = (change: Partial<UsageSums>): string => f.cost(sums(change));
    expect(cost({})).toBe('$0.00');
    expect(cost({ requests: 2, requests_without_price: 2 })).toBe('unknown');
    expect(cost({ requests: 2, cost_usd: 1.2 })).toBe('$1.20');
    expect(cost({ requests: 2, cost_usd: 1.2, requests_without_price: 1 })).toBe('$1.20+');
    expect(cost({ requests: 2, cost_usd: 1.2, requests_without_usage: 1 })).toBe('$1.20+');
    expect(cost({ requests: 2, cost_usd: 0 })).toBe('$0.00');
  });
});
