using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Codec;

/// <summary>Bits written from the end of some bytes to their beginning: what is added last is read first.</summary>
internal ref struct PrependedBits
{
    private readonly ref byte end;
    private ulong pending;
    private int filled;
    private nint written;

    /// <summary>Begins at the end of the bytes, which are more than will be written by eight.</summary>
    public PrependedBits(Span<byte> destination) =>
        end = ref Unsafe.Add(ref MemoryMarshal.GetReference(destination), destination.Length - sizeof(ulong));

    /// <summary>Adds bits: 56 at most until the next <see cref="Flush"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(ulong value, int bits)
    {
        pending = (pending << bits) | value;
        filled += bits;
    }

    /// <summary>Writes the whole bytes among what was added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Flush()
    {
        // The bits that are read last go to the highest addresses; what is below them is written again.
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref end, -written), pending << -filled);
        written += (nint)((uint)filled >> 3);
        filled &= 7;
        pending = ByteStreams.Low(pending, (uint)filled);
    }

    /// <summary>Makes whole bytes of it, with a 1 and then 0 bits before what is read first.</summary>
    /// <returns>Bytes in all.</returns>
    public int Finish()
    {
        Flush();
        Add(1, 1);
        Add(0, (8 - filled) & 7);
        Flush();
        return (int)written;
    }
}
