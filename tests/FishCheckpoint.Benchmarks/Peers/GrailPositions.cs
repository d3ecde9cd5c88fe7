using System.Buffers.Binary;
using System.Runtime.InteropServices;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>Rows and columns as grail writes them: rows as gaps; a column as it is where the row changes, else as its difference to the one before.</summary>
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
            (row, column, mostRow, mostColumn) = (nextRow, nextColumn, Math.Max(mostRow, rows[index]), Math.Max(mostColumn, columns[index]));
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
