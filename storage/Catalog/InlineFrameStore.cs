using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Frames whose bytes are in the database, beside their rows: nothing is written before the transaction.</summary>
internal sealed class InlineFrameStore : IFrameStore
{
    public Task PlaceAsync(NewFrame frame, CancellationToken cancellationToken) => Task.CompletedTask;
}
