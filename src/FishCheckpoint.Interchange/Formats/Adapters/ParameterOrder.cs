using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>The order of a model's trained parameters, for formats that have no names.</summary>
internal static class ParameterOrder
{
    private const string Hint =
        "Name them with --parameters FILE, one a line: for name, p in model.named_parameters(): if p.requires_grad: print(name).";

    /// <summary>The names.</summary>
    /// <param name="layout">The base's layout.</param>
    /// <param name="named">The names as they were told; <see langword="null"/>: the base's floats that are no running statistics, in the
    /// base's order.</param>
    /// <param name="count">How many there have to be.</param>
    /// <param name="key">Whom it concerns, for errors.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: they are not so many;
    /// <see cref="ErrorCode.RequestInvalid"/>: the base does not tell their order.</exception>
    public static IReadOnlyList<string> Of(Layout layout, IReadOnlyList<string>? named, int count, string key)
    {
        var trained = layout.Tensors.Where(IsTrained).ToArray();
        var names = named ?? [.. trained.Select(tensor => tensor.Name)];
        if (names.Count != count)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, key,
                $"The file is of a model with {count} trained parameters; {names.Count} are {(named is null ? "in the base" : "named")}.",
                Hint);
        }

        // Whoever writes safetensors usually sorts, and then equal shapes would be taken for one another.
        if (named is null && count > 1
            && trained.GroupBy(tensor => tensor.Type).All(group => IsSorted([.. group.Select(tensor => tensor.Name)])))
        {
            throw new FishException(ErrorCode.RequestInvalid, key,
                "The base's tensors are sorted by name, which does not tell the order of the model's parameters.", Hint);
        }

        return names;
    }

    private static bool IsTrained(TensorInfo tensor) =>
        FloatSum.Takes(tensor.Type) && !tensor.Name.EndsWith("running_mean", StringComparison.Ordinal)
            && !tensor.Name.EndsWith("running_var", StringComparison.Ordinal);

    private static bool IsSorted(string[] names) =>
        names.Zip(names.Skip(1), (left, right) => NameOrder.Compare(left, right) < 0).All(ascending => ascending);
}
