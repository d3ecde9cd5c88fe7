using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>Writes bits from the end of a buffer to its start: the last added is read first.</summary>
internal ref struct PrependedBits
{
    private readonly ref byte end;
    private ulong pending;
    private int filled;
    private nint written;

    /// <summary>Starts at the end of the buffer, which is eight bytes longer than the output.</summary>
    public PrependedBits(Span<byte> destination) =>
        end = ref Unsafe.Add(ref MemoryMarshal.GetReference(destination), destination.Length - sizeof(ulong));

    /// <summary>Adds bits: at most 56 between two calls of <see cref="Flush"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong value, int bits)
    {
        pending = (pending << bits) | value;
        filled += bits;
    }

    /// <summary>Writes the whole bytes of the added bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Flush()
    {
        // The bits that are read last have the highest addresses; bytes below them are overwritten by later writes.
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref end, -written), pending << -filled);
        written += (nint)((uint)filled >> 3);
        filled &= 7;
        pending = ByteStreams.Low(pending, (uint)filled);
    }

    /// <summary>Pads to whole bytes, with a 1 and then 0 bits before the first bits.</summary>
    /// <returns>The length in bytes.</returns>
    public int Finish()
    {
        Flush();
        Add(1, 1);
        Add(0, (8 - filled) & 7);
        Flush();
        return (int)written;
    }
}
