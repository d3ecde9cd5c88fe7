using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>A state dict as a safetensors file, read sequentially, a block at a time.</summary>
internal sealed class TorchModelStream(TorchModel model) : ReadOnlyStream
{
    private readonly byte[] block = new byte[Math.Min(Blocks.Size, model.Header.DataLength)];
    private ReadOnlyMemory<byte> ready = model.Header.ToFileBytes();
    private int tensor;
    private long offset;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (ready.Length == 0 && !Next())
        {
            return 0;
        }

        var part = ready[..Math.Min(ready.Length, buffer.Length)];
        part.Span.CopyTo(buffer);
        ready = ready[part.Length..];
        return part.Length;
    }

    private bool Next()
    {
        for (; tensor < model.Header.Tensors.Count; tensor++, offset = 0)
        {
            if (model.Header.Tensors[tensor].Info.Bytes - offset is var left and > 0)
            {
                var length = (int)Math.Min(block.Length, left);
                model.ReadTensor(tensor, offset, block.AsSpan(0, length));
                (ready, offset) = (block.AsMemory(0, length), offset + length);
                return true;
            }
        }

        return false;
    }
}
