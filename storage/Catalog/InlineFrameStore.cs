using FishCheckpoint.Engine.Ports;

namespace FishCheckpoint.Storage.Catalog;

/// <summary>Stores the bytes of frames in the database with their rows, so that nothing is written before the transaction.</summary>
internal sealed class InlineFrameStore : IFrameStore
{
    public Task PlaceAsync(NewFrame frame, CancellationToken cancellationToken) => Task.CompletedTask;
}
