using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Interchange.Pickles;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>
/// <c>{"diffs": {name: {"size", "index_steps", "values"}}, "abs": {name: tensor}}</c>: differences to add, at column-major positions (the
/// first dimension varies fastest) encoded as steps; and whole tensors.
/// </summary>
internal sealed class LtSftReader : AdapterReader<TorchFile, object?>
{
    private readonly TorchAdapter adapter;

    public LtSftReader(FoundVersion version)
        : base(version.Key, TorchFile.Open(Path.Combine(version.Path, LtSftFormat.FileName)))
    {
        adapter = new TorchAdapter(File, Key);
        Collect(() =>
        {
            Collect("diffs");
            Collect("abs");
        });
    }

    public override TensorPatch Open(string tensor, TensorInfo info)
    {
        var at = $"{Key}: {tensor}";
        switch (Entries[tensor])
        {
            case TorchTensor whole:
                AdapterChecks.Whole(at, info, adapter.TypeOf(whole), whole.Shape);
                return new WholePatch(adapter.Reader(whole));
            case PickleMap difference:
                return OpenDifference(at, info, difference);
            default:
                throw JsonFile.Fail(at, "The entry is neither a difference nor a tensor.");
        }
    }

    private void Collect(string kind)
    {
        if (!adapter.Root.TryGet(kind, out _))
        {
            return;
        }

        foreach (var (name, value) in adapter.Get<PickleMap>(adapter.Root, kind).Entries)
        {
            if (name is not string tensor || !Entries.TryAdd(tensor, value))
            {
                throw JsonFile.Fail(Key, $"'{name}' is not a tensor name, or is in both maps.");
            }
        }
    }

    private ListedPatch OpenDifference(string at, TensorInfo info, PickleMap difference)
    {
        var (size, steps, values) =
            (adapter.Get<PickleTuple>(difference, "size"), adapter.Get<PickleList>(difference, "index_steps").Items,
                adapter.Get<TorchTensor>(difference, "values"));
        AdapterChecks.Sum(at, info, adapter.TypeOf(values));
        AdapterChecks.Shape(at, info, size.Items.Select(item => item as long? ?? throw JsonFile.Fail(at, "'size' is not a shape.")));
        if (values.Shape.Length != 1 || values.Elements != steps.Count)
        {
            throw new FishException(ErrorCode.PatchInvalid, at, $"There are {steps.Count} positions and {values.Elements} values.",
                "The version is damaged, or not of this format.");
        }

        var (positions, column) = (new long[steps.Count], 0L);
        for (var index = 0; index < positions.Length; index++)
        {
            // No step exceeds a tensor's size; otherwise the sum could overflow.
            column += steps[index] is long step && step >= -info.Units && step <= info.Units
                ? step : throw JsonFile.Fail(at, "A step between positions is not a number, or exceeds the tensor.");
            positions[index] = column < 0 || column >= info.Units
                ? throw PositionOrder.OutOfRange(at, column, info.Units) : RowMajor(column, info.Shape);
        }

        return new ListedPatch(info, ListedElements.Create(at, info, positions, adapter.TypeOf(values), adapter.Bytes(values)), adds: true);
    }

    private static long RowMajor(long column, IReadOnlyList<long> shape)
    {
        var (position, stride) = (0L, shape.Aggregate(1L, (product, size) => product * size));
        foreach (var size in shape)
        {
            stride /= size;
            position += column % size * stride;
            column /= size;
        }

        return position;
    }
}
