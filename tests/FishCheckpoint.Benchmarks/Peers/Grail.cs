using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>
/// grail, version 3.1: one zstd-1 frame over a JSON header and the rows, columns and values of each tensor seen as a matrix, tensors by
/// name. The hash of the whole model, which its owners keep in a file beside, stands before the frame.
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
                    info.Name, [.. info.Shape], positions.Length, NameOf(info.Type), rowType, columnType, data.Length,
                    rows.Length + columns.Length,
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
            var positions = GrailPositions.Decode(
                indices[..rows], tensor.row_dtype, indices[rows..], tensor.col_dtype, tensor.num_nonzero, columns);
            Changes.Scatter(
                target.Tensors[index], info.UnitSize, positions, data.Slice((int)tensor.values_offset, (int)tensor.values_size));
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
        string name, long[] shape, int num_nonzero, string value_dtype, string row_dtype, string col_dtype, long indices_offset,
        long indices_size,
        long rows_size, long cols_size, long values_offset, long values_size);
#pragma warning restore IDE1006, SA1300
}

/// <summary>
/// Rows and columns as grail writes them: rows as gaps; a column as it is where the row changes, else as its difference to the one before.
/// </summary>
internal static class GrailPositions
{
    /// <summary>Columns of a tensor seen as [first dimension, all others].</summary>
    public static int ColumnsOf(TensorInfo info) => info.Shape.Count == 0 ? 1 : (int)(info.Elements / info.Shape[0]);

    /// <summary>Encodes positions, in the narrowest types that hold them.</summary>
    public static (byte[] Rows, string RowType, byte[] Columns, string ColumnType) Encode(ReadOnlySpan<int> positions, int width)
    {
        var (rows, columns) = (new int[positions.Length], new int[positions.Length]);
        var (row, column, mostRow, mostColumn) = (0, 0, 0, 0);
        for (var index = 0; index < positions.Length; index++)
        {
            var (nextRow, nextColumn) = Math.DivRem(positions[index], width);
            rows[index] = nextRow - row;
            columns[index] = nextRow != row ? nextColumn : nextColumn - column;
            (row, column, mostRow, mostColumn) =
                (nextRow, nextColumn, Math.Max(mostRow, rows[index]), Math.Max(mostColumn, columns[index]));
        }

        var (rowType, columnType) = (mostRow <= byte.MaxValue ? "uint8" : TypeOf(mostRow), TypeOf(mostColumn));
        return (Narrowed(rows, rowType), rowType, Narrowed(columns, columnType), columnType);
    }

    /// <summary>Decodes positions: the mirror of <see cref="Encode"/>.</summary>
    public static int[] Decode(ReadOnlySpan<byte> rows, string rowType, ReadOnlySpan<byte> columns, string columnType, int count, int width)
    {
        var (rowGaps, columnParts, positions) = (Widened(rows, rowType, count), Widened(columns, columnType, count), new int[count]);
        var (row, column) = (0, 0);
        for (var index = 0; index < count; index++)
        {
            column = rowGaps[index] != 0 ? columnParts[index] : column + columnParts[index];
            row += rowGaps[index];
            positions[index] = (row * width) + column;
        }

        return positions;
    }

    private static string TypeOf(int most) => most <= ushort.MaxValue ? "uint16" : "int32";

    private static byte[] Narrowed(int[] numbers, string type)
    {
        if (type == "int32")
        {
            return MemoryMarshal.AsBytes(numbers.AsSpan()).ToArray();
        }

        var size = type == "uint8" ? 1 : sizeof(ushort);
        var bytes = new byte[numbers.Length * size];
        for (var index = 0; index < numbers.Length; index++)
        {
            if (size == 1)
            {
                bytes[index] = (byte)numbers[index];
            }
            else
            {
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(index * size), (ushort)numbers[index]);
            }
        }

        return bytes;
    }

    private static int[] Widened(ReadOnlySpan<byte> bytes, string type, int count)
    {
        var numbers = new int[count];
        for (var index = 0; index < count; index++)
        {
            numbers[index] = type switch
            {
                "uint8" => bytes[index],
                "uint16" => MemoryMarshal.Cast<byte, ushort>(bytes)[index],
                _ => MemoryMarshal.Cast<byte, int>(bytes)[index],
            };
        }

        return numbers;
    }
}
