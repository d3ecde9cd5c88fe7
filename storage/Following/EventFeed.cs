using System.Runtime.CompilerServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Sqlite;
using FishCheckpoint.Storage.Tasks;

namespace FishCheckpoint.Storage.Following;

/// <summary>Gives the events of a task as they are committed, by this process or another one.</summary>
internal sealed class EventFeed(Database database, TaskTable tasks, StoreOptions options)
{
    // What this process commits wakes the feed at once; what others do is found by looking.
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    public async IAsyncEnumerable<TaskEvent> FollowAsync(string task, long? after, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var (place, reset) = Begin(task, after);
        if (reset is not null)
        {
            yield return reset;
        }

        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var wake = database.NextCommit;
            IReadOnlyList<TaskEvent> events;
            (events, place) = Read(task, place);
            foreach (var happened in events)
            {
                yield return happened;
                if (happened is { Kind: TaskEventKind.Deleted, Step: null })
                {
                    yield break;
                }
            }

            if (events.Count == 0)
            {
                await Task.WhenAny(wake, Task.Delay(Between, options.Time, cancellation));
            }
        }
    }

    private (long Place, TaskEvent? Reset) Begin(string task, long? after)
    {
        var (newest, forgotten) = Query(connection =>
        {
            tasks.Context(connection, task);
            return (EventTable.Newest(connection), after is { } last && EventTable.IsForgotten(connection, last));
        });

        // A number that was never given is of another store, or of this one before a backup was restored.
        return after is not { } known ? (newest, null)
            : known > newest || forgotten ? (newest, new TaskEvent(newest, TaskEventKind.Reset, task, null, null, options.Time.GetUtcNow()))
            : (known, null);
    }

    private (IReadOnlyList<TaskEvent> Events, long Place) Read(string task, long place) => Query(connection => EventTable.After(connection, task, place));

    private T Query<T>(Func<CatalogConnection, T> read)
    {
        try
        {
            using var snapshot = database.OpenSnapshot();
            return read(snapshot.Connection);
        }
        catch (CatalogException error)
        {
            throw error.Refusal;
        }
    }
}
