using System.Buffers.Binary;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Zstandard;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Patching;

/// <summary>
/// A frame with a count, that many byte positions (u32, little-endian, ascending) and as many new bytes. Two readers read it, one for
/// positions and one for bytes, so that it need not fit in memory.
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
    /// <param name="key">The version, for errors.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: the frame's length does not match its count, or the tensor
    /// has fewer bytes.</exception>
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
                throw new FishException(ErrorCode.VersionInvalid, key, $"The delta changes {left} of {info.Bytes} bytes.",
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

            // A position before this block would have been used in an earlier one.
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
