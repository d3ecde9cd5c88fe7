using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>
/// <c>MODULE.shira_indices</c> [2, n] (rows and columns) and <c>MODULE.shira_weight</c> [n], which is added to the module's weight; and
/// whole saved modules.
/// </summary>
internal sealed class ShiraReader : AdapterReader<AdapterTensors, (string? Positions, string Values)>
{
    public ShiraReader(FoundVersion version, int maxHeaderLength)
        : base(version.Key, OpenFile(version, maxHeaderLength)) => Collect(Collect);

    public override TensorPatch Open(string tensor, TensorInfo info)
    {
        var ((positions, values), at) = (Entries[tensor], $"{Key}: {tensor}");
        var brought = File.InfoOf(values);
        if (positions is null)
        {
            AdapterChecks.Whole(at, info, brought.Type, brought.Shape);
            return new WholePatch(File.ReaderOf(values));
        }

        AdapterChecks.Sum(at, info, brought.Type);
        if (info.Shape is not [var rows, var columns])
        {
            throw new FishException(
                ErrorCode.ShapeMismatch, at, $"The tensor has the shape {TensorInfo.ShapeText(info.Shape)}; the adapter needs a matrix.",
                "Give the base of the adapter.");
        }

        if (brought.Shape is not [var count] || !File.InfoOf(positions).Shape.SequenceEqual([2, count]))
        {
            throw new FishException(
                ErrorCode.PatchInvalid, at, $"{File.InfoOf(positions)} and {brought} are not a pair of positions and values.",
                "The version is damaged, or not of this format.");
        }

        var places = TorchAdapter.Numbers(File.InfoOf(positions).Type, File.Bytes(positions, at), at);
        var flat = new long[count];
        for (var index = 0; index < flat.Length; index++)
        {
            var (row, column) = (places[index], places[count + index]);
            flat[index] = row >= 0 && row < rows && column >= 0 && column < columns ? (row * columns) + column : throw new FishException(
                ErrorCode.IndexOutOfRange, at,
                $"The position [{row}, {column}] is outside the tensor of shape {TensorInfo.ShapeText(info.Shape)}.",
                "The adapter was made for another model, or is damaged.");
        }

        return new ListedPatch(info, ListedElements.Create(at, info, flat, brought.Type, File.Bytes(values, at)), adds: true);
    }

    private static AdapterTensors OpenFile(FoundVersion version, int maxHeaderLength)
    {
        var key = version.Key;
        if (JsonFile.Read(Path.Combine(version.Path, ShiraFormat.Config), key, maxHeaderLength).Text("peft_type", key) is var type
            && type != "SHIRA")
        {
            throw JsonFile.Fail(key, $"The adapter has the type '{(type.Length <= 40 ? type : type[..40])}', not 'SHIRA'.");
        }

        return AdapterTensors.Open(version.Path, ShiraFormat.Stem, maxHeaderLength);
    }

    private void Collect()
    {
        var names = File.Names.ToHashSet(StringComparer.Ordinal);
        foreach (var name in File.Names)
        {
            if (name.EndsWith(ShiraFormat.Positions, StringComparison.Ordinal))
            {
                var values = name[..^ShiraFormat.Positions.Length] + ShiraFormat.Values;
                Add(Plain(name[..^ShiraFormat.Positions.Length]) + ShiraFormat.Weight, name,
                    names.Contains(values) ? values : throw Missing(name, values));
            }
            else if (!name.EndsWith(ShiraFormat.Values, StringComparison.Ordinal))
            {
                Add(Plain(name), null, name);
            }
            else if (name[..^ShiraFormat.Values.Length] + ShiraFormat.Positions is var positions && !names.Contains(positions))
            {
                throw Missing(name, positions);
            }
        }
    }

    private void Add(string tensor, string? positions, string values)
    {
        if (!Entries.TryAdd(tensor, (positions, values)))
        {
            throw new FishException(
                ErrorCode.PatchInvalid, $"{Key}: {tensor}", "The adapter changes the tensor twice.", "Write the adapter again.");
        }
    }

    private FishException Missing(string there, string missing) =>
        new(ErrorCode.PatchInvalid, $"{Key}: {there}", $"{missing} is missing.", "Copy or write the adapter again.");

    private static string Plain(string name) =>
        name.StartsWith(ShiraFormat.ModelPrefix, StringComparison.Ordinal) ? name[ShiraFormat.ModelPrefix.Length..] : name;
}
