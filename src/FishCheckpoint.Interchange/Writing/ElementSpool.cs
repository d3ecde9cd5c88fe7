using System.Buffers.Binary;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Writing;

/// <summary>The changed elements of a tensor.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="Count">Their number.</param>
/// <param name="Positions">The offset of their positions in the spool, eight bytes each.</param>
/// <param name="Values">The offset of their new values in the spool.</param>
/// <param name="LargestGap">The largest number of elements between two of them, or before the first.</param>
internal readonly record struct SpooledElements(TensorInfo Tensor, long Count, long Positions, long Values, long LargestGap);

/// <summary>Collects changed elements tensor by tensor, so that their number is known before they are written.</summary>
internal sealed class ElementSpool(string spoolFolder) : IDisposable
{
    private readonly Spool positions = new(spoolFolder);
    private readonly Spool values = new(spoolFolder);
    private readonly List<SpooledElements> tensors = [];
    private readonly int[] found = new int[Blocks.Size];

    /// <summary>The changed tensors, in the order of addition.</summary>
    public IReadOnlyList<SpooledElements> Tensors => tensors;

    /// <summary>Adds a tensor.</summary>
    public void Add(StatePair pair, TensorInfo tensor, CancellationToken cancellation)
    {
        var (begin, first, last, largest) = (positions.Length, values.Length, -1L, 0L);
        pair.Read(
            tensor,
            (before, after, offset) =>
            {
                var count = BitwiseDiff.Collect(before, after, tensor.UnitSize, found);
                for (var start = 0; start < count; start += DeltaChunk.Capacity)
                {
                    var part = found.AsSpan(start, Math.Min(DeltaChunk.Capacity, count - start));
                    Write(part, after, offset / tensor.UnitSize, tensor.UnitSize, ref last, ref largest);
                }
            },
            cancellation);
        if (positions.Length > begin)
        {
            tensors.Add(new SpooledElements(tensor, (positions.Length - begin) / sizeof(long), begin, first, largest));
        }
    }

    /// <summary>Reads the positions of a tensor one by one.</summary>
    public Func<long> PositionsOf(SpooledElements elements)
    {
        var region = new RegionReader(positions.Read, elements.Positions, elements.Count * sizeof(long));
        return () =>
        {
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            region.Read(bytes);
            return BinaryPrimitives.ReadInt64LittleEndian(bytes);
        };
    }

    /// <summary>Copies the new values of a tensor to a stream in parts.</summary>
    public void CopyValues(SpooledElements elements, Action<ReadOnlySpan<byte>> write)
    {
        Span<byte> buffer = new byte[1 << 16];
        var length = elements.Count * elements.Tensor.UnitSize;
        for (var done = 0L; done < length; done += buffer.Length)
        {
            buffer = buffer[..(int)Math.Min(buffer.Length, length - done)];
            values.Read(elements.Values + done, buffer);
            write(buffer);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        positions.Dispose();
        values.Dispose();
    }

    private void Write(ReadOnlySpan<int> part, ReadOnlySpan<byte> after, long origin, int unit, ref long last, ref long largest)
    {
        Span<byte> places = new byte[part.Length * sizeof(long)];
        Span<byte> news = new byte[part.Length * unit];
        for (var index = 0; index < part.Length; index++)
        {
            var position = origin + part[index];
            BinaryPrimitives.WriteInt64LittleEndian(places[(index * sizeof(long))..], position);
            (largest, last) = (Math.Max(largest, position - last - 1), position);
        }

        Units.Gather(after, part, unit, news);
        positions.Write(places);
        values.Write(news);
    }
}
