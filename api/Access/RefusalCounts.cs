using FishCheckpoint.Access;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Access;

/// <summary>
/// Writes refusals to the audit log: the first of a kind at once, and equal ones as a count, once a minute and when the server stops. So a
/// key that is refused constantly takes no more writes, memory or log than one that is refused rarely.
/// </summary>
internal sealed class RefusalCounts(
    Func<CheckpointStore> opened, TimeProvider time, ILogger<RefusalCounts> logger) : IHostedService, IDisposable
{
    // Beyond this number, a key's refusals of all tasks and addresses count as one kind until they are written.
    private const int KindsOfAKey = 100;

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();

    // By key id; with the number of refusals since the last write.
    private readonly Dictionary<string, Dictionary<Kind, AuditEntry>> counts = new(StringComparer.Ordinal);

    // Set while there is something to write.
    private ITimer? timer;

    /// <summary>Records a refusal.</summary>
    /// <param name="caller">The known key that was refused.</param>
    /// <param name="operation">The method and the route.</param>
    /// <param name="task">The task that the route names.</param>
    /// <param name="refusal">The error.</param>
    public Task NoteAsync(Caller caller, string operation, string? task, FishException refusal)
    {
        var now = time.GetUtcNow();
        var entry = new AuditEntry(
            0, now, caller.Name, caller.KeyId, caller.Address, operation, task, refusal.Key, ErrorCodes.NameOf(refusal.Code),
            null, Last: now);
        lock (gate)
        {
            if (!Count(entry))
            {
                return Task.CompletedTask;
            }
        }

        return WriteAsync([entry]);
    }

    /// <summary>Writes all counted refusals.</summary>
    public Task FlushAsync()
    {
        AuditEntry[] counted;
        lock (gate)
        {
            counted = [.. counts.Values.SelectMany(kinds => kinds.Values).Where(entry => entry.Times > 0)];
            counts.Clear();
            timer?.Dispose();
            timer = null;
        }

        return counted.Length == 0 ? Task.CompletedTask : WriteAsync(counted);
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => FlushAsync();

    /// <inheritdoc/>
    public void Dispose() => timer?.Dispose();

    // Whether it is the first of its kind, which is written at once and not counted.
    private bool Count(AuditEntry entry)
    {
        if (!counts.TryGetValue(entry.KeyId ?? "", out var kinds))
        {
            counts[entry.KeyId ?? ""] = kinds = [];
        }

        if (!kinds.ContainsKey(Kind.Of(entry)) && kinds.Count >= KindsOfAKey)
        {
            entry = entry with { Task = null, Address = null, Key = AuditEntry.Several };
        }

        var isFirst = !kinds.TryGetValue(Kind.Of(entry), out var counted);
        kinds[Kind.Of(entry)] = isFirst ? entry with { Times = 0 }
            : counted!.Times == 0 ? entry
            : counted with { Times = counted.Times + entry.Times, Last = entry.Last };
        if (!isFirst)
        {
            timer ??= time.CreateTimer(_ => _ = FlushAsync(), null, Every, Timeout.InfiniteTimeSpan);
        }

        return isFirst;
    }

    // Not canceled by the request: the client may have disconnected after the refusal.
    private async Task WriteAsync(AuditEntry[] refusals)
    {
        try
        {
            await opened().Access.NoteRefusalsAsync(refusals, CancellationToken.None);
        }
        catch (FishException error)
        {
            AccessLog.NotAudited(logger, refusals.Length, error);
            lock (gate)
            {
                foreach (var refusal in refusals)
                {
                    // The first of its kind was not written, so it is counted instead.
                    _ = Count(refusal) && Count(refusal);
                }
            }
        }
    }

    private readonly record struct Kind(string? Address, string Operation, string Outcome, string? Task)
    {
        public static Kind Of(AuditEntry entry) => new(entry.Address, entry.Operation, entry.Outcome, entry.Task);
    }
}
