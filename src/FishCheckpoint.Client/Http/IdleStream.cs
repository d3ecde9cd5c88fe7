using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Http;

/// <summary>
/// Reads from a stream and throws when no byte arrives for too long: a connection can die without a signal. Owns the inner stream.
/// </summary>
internal sealed class IdleStream(Stream inner, TimeSpan limit) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var timer = new IdleTimer(limit, cancellationToken);
        timer.Start();
        try
        {
            return await inner.ReadAsync(buffer, timer.Token);
        }
        catch (OperationCanceledException error) when (timer.IsOver)
        {
            throw new IdleException(limit, error);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
