using System.Runtime.CompilerServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Events;

/// <summary>Follows the events of a task as this or another process commits them.</summary>
internal sealed class EventFeed(ICatalog catalog, TaskCatalog tasks, EngineOptions options)
{
    // Commits of this process wake the feed at once; those of others are found by polling.
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);

    public async IAsyncEnumerable<TaskEvent> FollowAsync(string task, long? after,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (place, reset) = Begin(task, after);
        if (reset is not null)
        {
            yield return reset;
        }

        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var wake = catalog.NextCommit;
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
                await Task.WhenAny(wake, Task.Delay(Between, options.Time, cancellationToken));
            }
        }
    }

    private (long Place, TaskEvent? Reset) Begin(string task, long? after)
    {
        var (newest, forgotten) = Query(view =>
        {
            tasks.Context(view, task);
            return (view.Events.Newest(), after is { } last && view.Events.IsForgotten(last));
        });

        // An unknown number comes from another store, or from this one before a restore from backup.
        return after is not { } known ? (newest, null)
            : known > newest || forgotten ? (newest, new TaskEvent(newest, TaskEventKind.Reset, task, null, null, options.Time.GetUtcNow()))
            : (known, null);
    }

    private (IReadOnlyList<TaskEvent> Events, long Place) Read(string task, long place) => Query(view => view.Events.After(task, place));

    private T Query<T>(Func<ICatalogView, T> read)
    {
        try
        {
            using var snapshot = catalog.OpenSnapshot();
            return read(snapshot.View);
        }
        catch (CatalogException error)
        {
            throw error.Refusal;
        }
    }
}
