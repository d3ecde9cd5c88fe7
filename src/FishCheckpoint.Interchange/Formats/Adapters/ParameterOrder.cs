using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>The order of a model's trained parameters, for formats without names.</summary>
internal static class ParameterOrder
{
    private const string Hint =
        "List them with --parameters FILE, one per line: for name, p in model.named_parameters(): if p.requires_grad: print(name).";

    /// <summary>The names.</summary>
    /// <param name="layout">The base's layout.</param>
    /// <param name="named">The given names; <see langword="null"/>: the base's float tensors except running statistics, in the base's
    /// order.</param>
    /// <param name="count">The required number.</param>
    /// <param name="key">The version, for errors.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.LayoutMismatch"/>: the number differs; <see cref="ErrorCode.RequestInvalid"/>:
    /// the base does not reveal their order.</exception>
    public static IReadOnlyList<string> Of(Layout layout, IReadOnlyList<string>? named, int count, string key)
    {
        var trained = layout.Tensors.Where(IsTrained).ToArray();
        var names = named ?? [.. trained.Select(tensor => tensor.Name)];
        if (names.Count != count)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, key,
                $"The file's model has {count} trained parameters; {names.Count} are {(named is null ? "in the base" : "listed")}.",
                Hint);
        }

        // Safetensors writers usually sort by name, which could mix up tensors of equal shape.
        if (named is null && count > 1
            && trained.GroupBy(tensor => tensor.Type).All(group => IsSorted([.. group.Select(tensor => tensor.Name)])))
        {
            throw new FishException(ErrorCode.RequestInvalid, key,
                "The base's tensors are sorted by name, so the order of the model's parameters is unknown.", Hint);
        }

        return names;
    }

    private static bool IsTrained(TensorInfo tensor) =>
        FloatSum.Takes(tensor.Type) && !tensor.Name.EndsWith("running_mean", StringComparison.Ordinal)
            && !tensor.Name.EndsWith("running_var", StringComparison.Ordinal);

    private static bool IsSorted(string[] names) =>
        names.Zip(names.Skip(1), (left, right) => NameOrder.Compare(left, right) < 0).All(ascending => ascending);
}
