using System.Text.Json;
using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Grail;

/// <summary>
/// A tensor of a delta: the offsets of its rows, columns and values in the data. It counts as a matrix of its first dimension by the
/// product of the others. Rows are gaps; columns are absolute in a new row, and gaps otherwise.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Count">Number of changed elements.</param>
/// <param name="ValueDtype">The dtype of its values.</param>
/// <param name="RowDtype">The dtype of its rows.</param>
/// <param name="ColumnDtype">The dtype of its columns.</param>
/// <param name="Begin">The offset of its rows; columns and values follow.</param>
internal sealed record GrailTensor(
    string Name, long[] Shape, long Count, string ValueDtype, string RowDtype, string ColumnDtype, long Begin)
{
    /// <summary>Bytes of its rows.</summary>
    public long RowBytes => Count * GrailDtypes.WidthOf(RowDtype);

    /// <summary>Bytes of its columns.</summary>
    public long ColumnBytes => Count * GrailDtypes.WidthOf(ColumnDtype);

    /// <summary>Bytes of its values.</summary>
    public long ValueBytes => Count * (ValueDtype == "float32" ? 4 : 2);

    /// <summary>The offset of its columns.</summary>
    public long Columns => Begin + RowBytes;

    /// <summary>The offset of its values.</summary>
    public long Values => Columns + ColumnBytes;

    /// <summary>The offset of the next tensor.</summary>
    public long End => Values + ValueBytes;

    /// <summary>Reads an entry of the header and validates it against the layout, which bounds its sizes.</summary>
    /// <param name="json">The entry.</param>
    /// <param name="layout">The layout.</param>
    /// <param name="begin">The required offset of its data.</param>
    /// <param name="key">The version, for errors.</param>
    /// <exception cref="FishException">It is invalid, or does not fit the layout.</exception>
    public static GrailTensor Read(JsonElement json, Layout layout, long begin, string key)
    {
        var name = json.Text("name", key);
        var at = $"{key}: {name}";
        var tensor = new GrailTensor(
            name, json.Shape("shape", at), json.Number("num_nonzero", at), json.Text("value_dtype", at),
            json.OptionalText("row_dtype", at) ?? GrailDtypes.Int32,
            json.OptionalText("col_dtype", at) ?? GrailDtypes.Int32, json.Number("indices_offset", at));
        var info = layout.TryIndexOf(name, out var index) ? layout.Tensors[index] : throw new FishException(
            ErrorCode.TensorUnknown, at, "The task layout does not have this tensor.", "Give the base of the versions.");
        tensor.CheckLayout(info, at);
        GrailDtypes.Check(tensor.RowDtype, at);
        GrailDtypes.Check(tensor.ColumnDtype, at);
        var said = (json.Number("rows_size", at), json.Number("cols_size", at), json.Number("indices_size", at),
            json.Number("values_offset", at), json.Number("values_size", at));
        return tensor.Begin == begin
            && said == (tensor.RowBytes, tensor.ColumnBytes, tensor.RowBytes + tensor.ColumnBytes, tensor.Values, tensor.ValueBytes)
            ? tensor : throw JsonFile.Fail(at, "The sizes and offsets do not fit the number of elements.");
    }

    private void CheckLayout(TensorInfo info, string at)
    {
        if (GrailDtypes.NameOf(info.Type) != ValueDtype)
        {
            throw new FishException(
                ErrorCode.DtypeMismatch, at, $"The values have the dtype {ValueDtype}; the tensor has {DTypes.NameOf(info.Type)}.",
                "Give the base of the versions.");
        }

        if (!Shape.AsSpan().SequenceEqual([.. info.Shape]))
        {
            throw new FishException(
                ErrorCode.ShapeMismatch, at,
                $"The delta has the shape {TensorInfo.ShapeText(Shape)}; the task layout has {TensorInfo.ShapeText([.. info.Shape])}.",
                "Give the base of the versions.");
        }

        if (Count > info.Elements)
        {
            throw JsonFile.Fail(at, $"The delta changes {Count} of {info.Elements} elements.");
        }
    }
}
