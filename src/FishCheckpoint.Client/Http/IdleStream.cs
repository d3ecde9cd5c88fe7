using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Http;

/// <summary>
/// Reads from a stream, and gives up when no byte comes for too long: a connection may be gone without a sign. Owns the stream below.
/// </summary>
internal sealed class IdleStream(Stream inner, TimeSpan longest) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var timer = new IdleTimer(longest, cancellationToken);
        timer.Start();
        try
        {
            return await inner.ReadAsync(buffer, timer.Token);
        }
        catch (OperationCanceledException error) when (timer.IsOver)
        {
            throw new IdleException(longest, error);
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
