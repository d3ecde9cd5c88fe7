using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Events;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Engine;

/// <summary>The events of a store.</summary>
internal sealed class StoreEvents(StoreContext store) : IEvents
{
    /// <inheritdoc/>
    public IAsyncEnumerable<TaskEvent> FollowAsync(string task, long? after = null, CancellationToken cancellationToken = default) =>
        new EventFeed(store.Catalog, store.Tasks, store.Options).FollowAsync(task, after, cancellationToken);
}
