using FishCheckpoint.Errors;
using FishCheckpoint.Interchange.Files;
using FishCheckpoint.Interchange.Patching;
using FishCheckpoint.Interchange.Pickles;
using FishCheckpoint.Interchange.Torch;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>
/// <c>{"pos": [[positions] …], "weight": [values …]}</c>, one entry for each trained parameter in the model's order: flat positions and new
/// values. It has no names, so the order must be known.
/// </summary>
internal sealed class FishDiffReader : AdapterReader<TorchFile, (TorchTensor Positions, TorchTensor Values)>
{
    private readonly TorchAdapter adapter;

    /// <param name="version">The version.</param>
    /// <param name="layout">The base's layout.</param>
    /// <param name="parameters">The names of the trained parameters in order; <see langword="null"/>: the order of the base's file.</param>
    public FishDiffReader(FoundVersion version, Layout layout, IReadOnlyList<string>? parameters)
        : base(version.Key, TorchFile.Open(Path.Combine(version.Path, FishDiffFormat.FileName)))
    {
        adapter = new TorchAdapter(File, Key);
        Collect(() =>
        {
            var (positions, values) =
                (adapter.Get<PickleList>(adapter.Root, "pos").Items, adapter.Get<PickleList>(adapter.Root, "weight").Items);
            if (positions.Count != values.Count)
            {
                throw JsonFile.Fail(Key, $"The file has positions for {positions.Count} parameters and values for {values.Count}.");
            }

            var names = ParameterOrder.Of(layout, parameters, values.Count, Key);
            for (var index = 0; index < names.Count; index++)
            {
                var pair = (PositionsOf(positions[index]),
                    values[index] as TorchTensor ?? throw JsonFile.Fail(Key, "The values of a parameter are not a tensor."));
                if (!Entries.TryAdd(names[index], pair))
                {
                    throw new FishException(ErrorCode.RequestInvalid, $"{Key}: {names[index]}", "The parameter is listed twice.",
                        "List each once, in the model's order.");
                }
            }
        });
    }

    public override TensorPatch Open(string tensor, TensorInfo info)
    {
        var ((positions, values), at) = (Entries[tensor], $"{Key}: {tensor}");
        AdapterChecks.Whole(at, info, adapter.TypeOf(values), info.Shape);
        if (positions.Elements != values.Elements || positions.Shape.Length != 1 || values.Shape.Length != 1)
        {
            throw new FishException(
                ErrorCode.PatchInvalid, at, $"There are {positions.Elements} positions and {values.Elements} values.",
                "The version is damaged, or not of this format.");
        }

        return new ListedPatch(
            info, ListedElements.Create(at, info, adapter.Numbers(positions), adapter.TypeOf(values), adapter.Bytes(values)), adds: false);
    }

    private TorchTensor PositionsOf(object? item) => item switch
    {
        TorchTensor tensor => tensor,
        PickleList { Items: [TorchTensor tensor] } => tensor,
        PickleTuple { Items: [TorchTensor tensor] } => tensor,
        _ => throw JsonFile.Fail(Key, "The positions of a parameter are not a tensor."),
    };
}
