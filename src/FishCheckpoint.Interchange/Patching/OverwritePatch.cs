using System.Buffers.Binary;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Zstandard;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Patching;

/// <summary>
/// A frame of a count, so many positions of bytes (u32, little-endian, ascending) and as many new bytes. It is read twice at once, the one
/// time for the positions and the other for the bytes, so that it need not be held.
/// </summary>
internal sealed class OverwritePatch : TensorPatch
{
    private readonly ZstdReader positions;
    private readonly ZstdReader values;
    private readonly TensorInfo info;
    private readonly string key;
    private readonly byte[] pending = new byte[1 << 14];
    private readonly byte[] ahead = new byte[1 << 12];
    private readonly long count;
    private long left;
    private long unread;
    private int begin;
    private int end;
    private long last = -1;

    /// <summary>Prepares the change.</summary>
    /// <param name="open">Opens the frame.</param>
    /// <param name="info">The tensor.</param>
    /// <param name="key">Whom it concerns, for errors.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: the frame has not the length that its count says, or the
    /// tensor not so many bytes.</exception>
    public OverwritePatch(Func<ZstdReader> open, TensorInfo info, string key)
    {
        (this.info, this.key, positions) = (info, key, open());
        values = open();
        try
        {
            Span<byte> start = stackalloc byte[4];
            positions.ReadExactly(start);
            count = left = unread = BinaryPrimitives.ReadUInt32LittleEndian(start);
            if (left > info.Bytes)
            {
                throw new FishException(ErrorCode.VersionInvalid, key, $"{left} bytes are to change of the {info.Bytes} that there are.",
                    "The version is damaged or hostile.");
            }

            positions.Require(4 + (left * 5));
            values.Skip(4 + (left * 4));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override void Apply(Span<byte> block, long offset)
    {
        while (left > 0)
        {
            if (begin == end)
            {
                end = (int)Math.Min(ahead.Length, unread);
                begin = 0;
                positions.ReadExactly(pending.AsSpan(0, end * 4));
                values.ReadExactly(ahead.AsSpan(0, end));
                unread -= end;
            }

            long position = BinaryPrimitives.ReadUInt32LittleEndian(pending.AsSpan(begin * 4));
            if (position <= last)
            {
                throw PositionOrder.Fail(key, position, last);
            }

            if (position >= offset + block.Length)
            {
                return;
            }

            // What lies before this block would have been taken by the one before.
            block[(int)(position - offset)] = ahead[begin++];
            (last, left) = (position, left - 1);
        }
    }

    public override void Finish()
    {
        if (left > 0)
        {
            throw PositionOrder.OutOfRange(key, BinaryPrimitives.ReadUInt32LittleEndian(pending.AsSpan(begin * 4)), info.Bytes);
        }

        positions.Skip(count);
        positions.Finish();
        values.Finish();
    }

    public override void Dispose()
    {
        positions.Dispose();
        values.Dispose();
    }
}
