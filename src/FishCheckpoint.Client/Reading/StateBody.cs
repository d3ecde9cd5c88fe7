using FishCheckpoint.Checkpoints;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Client.Reading;

/// <summary>A trainer state of the server, verified block by block. Disposing it ends the response.</summary>
internal sealed class StateBody(CheckedBody body) : ReadOnlyStream
{
    private readonly byte[] block = new byte[Math.Min(CheckedBlocks.BlockSize, body.Length)];
    private ReadOnlyMemory<byte> left;

    public override long Length => body.Length;

    public override int Read(Span<byte> buffer)
    {
        if (left.IsEmpty && buffer.Length > 0)
        {
            left = block.AsMemory(0, body.ReadAsync(block, CancellationToken.None).AsTask().GetAwaiter().GetResult());
        }

        return Take(buffer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (left.IsEmpty && buffer.Length > 0)
        {
            left = block.AsMemory(0, await body.ReadAsync(block, cancellationToken));
        }

        return Take(buffer.Span);
    }

    protected override void Dispose(bool disposing)
    {
        body.Dispose();
        base.Dispose(disposing);
    }

    private int Take(Span<byte> buffer)
    {
        var count = Math.Min(buffer.Length, left.Length);
        left.Span[..count].CopyTo(buffer);
        left = left[count..];
        return count;
    }
}
