using System.Numerics;
using System.Runtime.InteropServices;
using FishCheckpoint.Interchange.Zstandard;

namespace FishCheckpoint.Interchange.Patching;

/// <summary>A frame with as many bytes as the tensor: each is the old byte XOR the new one.</summary>
/// <param name="frame">The frame. Owned.</param>
internal sealed class XorPatch(ZstdReader frame) : TensorPatch
{
    private byte[] mask = [];

    /// <summary>XORs bytes into others, which is its own inverse.</summary>
    public static void Xor(Span<byte> target, ReadOnlySpan<byte> mask)
    {
        var left = MemoryMarshal.Cast<byte, Vector<byte>>(target);
        var right = MemoryMarshal.Cast<byte, Vector<byte>>(mask);
        for (var index = 0; index < left.Length; index++)
        {
            left[index] ^= right[index];
        }

        for (var index = left.Length * Vector<byte>.Count; index < target.Length; index++)
        {
            target[index] ^= mask[index];
        }
    }

    public override void Apply(Span<byte> block, long offset)
    {
        mask = mask.Length >= block.Length ? mask : new byte[block.Length];
        frame.ReadExactly(mask.AsSpan(0, block.Length));
        Xor(block, mask.AsSpan(0, block.Length));
    }

    public override void Finish() => frame.Finish();

    public override void Dispose() => frame.Dispose();
}
