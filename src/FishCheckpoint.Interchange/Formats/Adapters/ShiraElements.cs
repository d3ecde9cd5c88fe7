using System.Buffers.Binary;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>The elements of one matrix for an adapter's file: rows, columns and addends.</summary>
internal sealed class ShiraElements(ShiraMatrix matrix, long count, string key, string spoolFolder) : IDisposable
{
    // Adding this changes no number, not even -0.
    private static readonly byte[] Nothing = [0, 0, 0, 0, 0, 0, 0, 0x80];

    private readonly Spool rows = new(spoolFolder);
    private readonly Spool columns = new(spoolFolder);
    private readonly Spool values = new(spoolFolder);
    private readonly TensorInfo tensor = matrix.Tensor;
    private readonly int width = DTypes.UnitSizeOf(ShiraDifference.TypeOf(matrix.Tensor.Type));
    private long spare = count - matrix.Changed;

    /// <summary>Reads the matrix in both states.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.VersionInvalid"/>: no addend gives a new value, or too few elements stay
    /// unchanged.</exception>
    public void Read(StatePair pair, CancellationToken cancellation)
    {
        pair.Read(tensor, Take, cancellation);
        if (spare > 0)
        {
            throw new FishException(
                ErrorCode.VersionInvalid, key, $"The rank needs {spare} more elements than the matrix has changed ones and numbers.",
                "Export in another format.");
        }
    }

    /// <summary>Writes rows, and then columns.</summary>
    public void WritePositions(Stream stream)
    {
        Copy(rows, stream);
        Copy(columns, stream);
    }

    /// <summary>Writes the addends.</summary>
    public void WriteValues(Stream stream) => Copy(values, stream);

    public void Dispose()
    {
        rows.Dispose();
        columns.Dispose();
        values.Dispose();
    }

    private void Take(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, long offset)
    {
        Span<byte> difference = stackalloc byte[width];
        var size = tensor.UnitSize;
        for (var at = 0; at < before.Length; at += size)
        {
            var old = before.Slice(at, size);
            var now = after.Slice(at, size);
            if (!old.SequenceEqual(now))
            {
                if (!ShiraDifference.TryFind(tensor.Type, old, now, difference))
                {
                    throw new FishException(
                        ErrorCode.VersionInvalid, key,
                        $"No addend to {FloatSum.Wide(tensor.Type, old):R} at {(offset + at) / size} gives exactly "
                        + $"{FloatSum.Wide(tensor.Type, now):R}.",
                        "Export in another format: adapters of this kind add.");
                }

                Write((offset + at) / size, difference);
            }
            else if (spare > 0 && !double.IsNaN(FloatSum.Wide(tensor.Type, old)))
            {
                spare--;
                Write((offset + at) / size, Nothing.AsSpan(Nothing.Length - width));
            }
        }
    }

    private void Write(long position, ReadOnlySpan<byte> difference)
    {
        Span<byte> place = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(place, (int)(position / matrix.Columns));
        rows.Write(place);
        BinaryPrimitives.WriteInt32LittleEndian(place, (int)(position % matrix.Columns));
        columns.Write(place);
        values.Write(difference);
    }

    private static void Copy(Spool spool, Stream stream)
    {
        Span<byte> buffer = new byte[1 << 16];
        for (var done = 0L; done < spool.Length; done += buffer.Length)
        {
            buffer = buffer[..(int)Math.Min(buffer.Length, spool.Length - done)];
            spool.Read(done, buffer);
            stream.Write(buffer);
        }
    }
}
