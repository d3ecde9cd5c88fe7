using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Hashing;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>
/// <c>MODULE.shira_indices</c> [2, n] (rows and columns) and <c>MODULE.shira_weight</c> [n], which is added to the module's weight; and modules that were saved as a
/// whole.
/// </summary>
internal sealed class ShiraReader : IVersionDelta
{
    private readonly string key;
    private readonly AdapterTensors file;
    private readonly Dictionary<string, (string? Positions, string Values)> tensors = new(StringComparer.Ordinal);

    public ShiraReader(FoundVersion version, int maxHeaderLength)
    {
        key = version.Key;
        if (JsonFile.Read(Path.Combine(version.Path, ShiraFormat.Config), key, maxHeaderLength).Text("peft_type", key) is var type && type != "SHIRA")
        {
            throw JsonFile.Fail(key, $"The adapter is of the type '{(type.Length <= 40 ? type : type[..40])}', not 'SHIRA'.");
        }

        file = AdapterTensors.Open(version.Path, ShiraFormat.Stem, maxHeaderLength);
        try
        {
            Collect();
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public IReadOnlyCollection<string> Tensors => tensors.Keys;

    public ExpectedChecksum? Whole => null;

    public TensorPatch Open(string tensor, TensorInfo info)
    {
        var ((positions, values), at) = (tensors[tensor], $"{key}: {tensor}");
        var brought = file.InfoOf(values);
        if (positions is null)
        {
            AdapterChecks.Whole(at, info, brought.Type, brought.Shape);
            return new WholePatch(file.ReaderOf(values));
        }

        AdapterChecks.Sum(at, info, brought.Type);
        if (info.Shape is not [var rows, var columns])
        {
            throw new FishException(ErrorCode.ShapeMismatch, at, $"The tensor is {TensorInfo.ShapeText(info.Shape)}; the adapter is for a matrix.", "Name the base that the adapter was made on.");
        }

        if (brought.Shape is not [var count] || !file.InfoOf(positions).Shape.SequenceEqual([2, count]))
        {
            throw new FishException(
                ErrorCode.PatchInvalid, at, $"{file.InfoOf(positions)} and {brought} are no pair of positions and values.", "The version is damaged, or not of this format.");
        }

        var places = TorchAdapter.Numbers(file.InfoOf(positions).Type, file.Bytes(positions, at), at);
        var flat = new long[count];
        for (var index = 0; index < flat.Length; index++)
        {
            var (row, column) = (places[index], places[count + index]);
            flat[index] = row >= 0 && row < rows && column >= 0 && column < columns ? (row * columns) + column : throw new FishException(
                ErrorCode.IndexOutOfRange, at, $"The place [{row}, {column}] lies outside of the tensor, which is {TensorInfo.ShapeText(info.Shape)}.",
                "The adapter was made for another model, or is damaged.");
        }

        return new ListedPatch(info, ListedElements.Create(at, info, flat, brought.Type, file.Bytes(values, at)), adds: true);
    }

    public ExpectedChecksum? ChecksumOf(string tensor) => null;

    public void Dispose() => file.Dispose();

    private void Collect()
    {
        var names = file.Names.ToHashSet(StringComparer.Ordinal);
        foreach (var name in file.Names)
        {
            if (name.EndsWith(ShiraFormat.Positions, StringComparison.Ordinal))
            {
                var values = name[..^ShiraFormat.Positions.Length] + ShiraFormat.Values;
                Add(Plain(name[..^ShiraFormat.Positions.Length]) + ShiraFormat.Weight, name, names.Contains(values) ? values : throw Missing(name, values));
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
        if (!tensors.TryAdd(tensor, (positions, values)))
        {
            throw new FishException(ErrorCode.PatchInvalid, $"{key}: {tensor}", "The adapter changes the tensor twice.", "Write the adapter again.");
        }
    }

    private FishException Missing(string there, string missing) =>
        new(ErrorCode.PatchInvalid, $"{key}: {there}", $"There is no {missing}.", "Copy or write the adapter again.");

    private static string Plain(string name) => name.StartsWith(ShiraFormat.ModelPrefix, StringComparison.Ordinal) ? name[ShiraFormat.ModelPrefix.Length..] : name;
}
