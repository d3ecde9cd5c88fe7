using FishCheckpoint.Checkpoints;
using FishCheckpoint.Storage.Following;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Storage;

/// <summary>The events of a data folder.</summary>
internal sealed class StoreEvents(StoreContext store) : IEvents
{
    /// <inheritdoc/>
    public IAsyncEnumerable<TaskEvent> FollowAsync(string task, long? after = null, CancellationToken cancellationToken = default) =>
        new EventFeed(store.Database, store.Tasks, store.Options).FollowAsync(task, after, cancellationToken);
}
