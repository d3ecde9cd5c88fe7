using System.Buffers.Binary;
using System.Text.Json;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>
/// grail, version 3.1: one zstd-1 frame over a JSON header and the rows, columns and values of each tensor seen as a matrix, tensors by name. The hash of the whole
/// model, which its owners keep in a file beside, stands before the frame.
/// </summary>
internal sealed class Grail : IPeer
{
    /// <summary>Bytes of the hash.</summary>
    public const int HashLength = 16;

    public string Name => "grail v3.1 (zstd-1)";

    public byte[] Encode(Checkpoint before, Checkpoint after)
    {
        var (buffer, data, tensors) = (Array.Empty<int>(), new MemoryStream(), new List<GrailTensor>());
        foreach (var tensor in ByName(before))
        {
            var info = before.Layout.Tensors[tensor];
            var positions = Changes.Of(before, after, tensor, ref buffer);
            if (positions.Length > 0)
            {
                var (rows, rowType, columns, columnType) = GrailPositions.Encode(positions, GrailPositions.ColumnsOf(info));
                var values = Changes.Gather(after.Tensors[tensor], info.UnitSize, positions);
                tensors.Add(new GrailTensor(
                    info.Name, [.. info.Shape], positions.Length, NameOf(info.Type), rowType, columnType, data.Length, rows.Length + columns.Length,
                    rows.Length, columns.Length, data.Length + rows.Length + columns.Length, values.Length));
                data.Write(rows);
                data.Write(columns);
                data.Write(values);
            }
        }

        var header = JsonSerializer.SerializeToUtf8Bytes(new GrailHeader(31, tensors));
        var content = new byte[sizeof(int) + header.Length + data.Length];
        BinaryPrimitives.WriteInt32LittleEndian(content, header.Length);
        header.CopyTo(content, sizeof(int));
        data.GetBuffer().AsSpan(0, (int)data.Length).CopyTo(content.AsSpan(sizeof(int) + header.Length));
        return [.. Hash(after), .. Zstandard.Compress(content, 1)];
    }

    public void Decode(Checkpoint before, byte[] encoded, Checkpoint target)
    {
        var frame = encoded.AsSpan(HashLength);
        var content = new byte[Zstandard.ContentSize(frame)];
        Zstandard.Decompress(frame, content);
        var length = BinaryPrimitives.ReadInt32LittleEndian(content);
        var header = JsonSerializer.Deserialize<GrailHeader>(content.AsSpan(sizeof(int), length))!;
        var data = content.AsSpan(sizeof(int) + length);
        foreach (var tensor in header.tensors)
        {
            target.Layout.TryIndexOf(tensor.name, out var index);
            var info = target.Layout.Tensors[index];
            var indices = data.Slice((int)tensor.indices_offset, (int)tensor.indices_size);
            var (rows, columns) = ((int)tensor.rows_size, GrailPositions.ColumnsOf(info));
            var positions = GrailPositions.Decode(indices[..rows], tensor.row_dtype, indices[rows..], tensor.col_dtype, tensor.num_nonzero, columns);
            Changes.Scatter(target.Tensors[index], info.UnitSize, positions, data.Slice((int)tensor.values_offset, (int)tensor.values_size));
        }

        if (!Hash(target).AsSpan().SequenceEqual(encoded.AsSpan(0, HashLength)))
        {
            throw new InvalidDataException("The model does not have its hash.");
        }
    }

    private static IEnumerable<int> ByName(Checkpoint model) =>
        Enumerable.Range(0, model.Tensors.Length).OrderBy(index => model.Layout.Tensors[index].Name, StringComparer.Ordinal);

    private static string NameOf(DType type) => type switch
    {
        DType.BF16 => "bfloat16",
        DType.F16 => "float16",
        DType.F32 => "float32",
        _ => throw new NotSupportedException($"The format has no {type}."),
    };

    private static byte[] Hash(Checkpoint model)
    {
        var hash = new System.IO.Hashing.XxHash128();
        foreach (var index in ByName(model))
        {
            hash.Append(model.Tensors[index]);
        }

        return hash.GetCurrentHash();
    }

    // Spelled as the format spells them.
#pragma warning disable IDE1006, SA1300
    private sealed record GrailHeader(int version, List<GrailTensor> tensors);

    private sealed record GrailTensor(
        string name, long[] shape, int num_nonzero, string value_dtype, string row_dtype, string col_dtype, long indices_offset, long indices_size,
        long rows_size, long cols_size, long values_offset, long values_size);
#pragma warning restore IDE1006, SA1300
}
