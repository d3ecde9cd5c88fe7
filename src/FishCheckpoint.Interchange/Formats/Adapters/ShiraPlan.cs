using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Formats.Adapters;

/// <summary>A matrix of an adapter: its module's weight, and the number of changed elements.</summary>
/// <param name="Tensor">The weight.</param>
/// <param name="Changed">Number of changed elements.</param>
internal sealed record ShiraMatrix(TensorInfo Tensor, long Changed)
{
    public string Module => Tensor.Name[..^ShiraFormat.Weight.Length];

    public long Rows => Tensor.Shape[0];

    public long Columns => Tensor.Shape[1];
}

/// <summary>
/// The contents of an adapter. PEFT uses one rank r for all of its modules, and stores r (rows + columns) elements of each.
/// </summary>
/// <param name="Matrices">The changed matrices.</param>
/// <param name="Rank">The rank.</param>
internal sealed record ShiraPlan(IReadOnlyList<ShiraMatrix> Matrices, long Rank)
{
    /// <summary>The number of a matrix's elements in the adapter: changed ones, plus others with a zero addend.</summary>
    public long CountOf(ShiraMatrix matrix) => Rank * (matrix.Rows + matrix.Columns);

    /// <summary>Counts the changes.</summary>
    /// <exception cref="FishException">An unsupported tensor changes, or a matrix changes too much: the key has its name and
    /// position.</exception>
    public static ShiraPlan Of(StatePair pair, string version, CancellationToken cancellation)
    {
        var matrices = new List<ShiraMatrix>();
        foreach (var tensor in pair.Changed)
        {
            var (count, first) = Count(pair, tensor, cancellation);
            if (count > 0)
            {
                Check(tensor, $"{version}: {tensor.Name}", first);
                matrices.Add(new ShiraMatrix(tensor, count));
            }
        }

        if (matrices.Count == 0)
        {
            throw new FishException(ErrorCode.RequestInvalid, version,
                "Nothing differs from the base, and an adapter needs a module.", "Export a later step.");
        }

        var rank = matrices.Max(matrix => (matrix.Changed + matrix.Rows + matrix.Columns - 1) / (matrix.Rows + matrix.Columns));
        var plan = new ShiraPlan(matrices, rank);
        return matrices.Find(matrix => plan.CountOf(matrix) > matrix.Tensor.Elements) is not { } small ? plan : throw new FishException(
            ErrorCode.VersionInvalid, $"{version}: {small.Tensor.Name}",
            $"The module with the most changes needs rank {rank}, so {plan.CountOf(small)} of this tensor's {small.Tensor.Elements} "
                + "elements would change.",
            "Export in another format: PEFT has one rank for all modules.");
    }

    private static (long Count, long First) Count(StatePair pair, TensorInfo tensor, CancellationToken cancellation)
    {
        var (count, first, found) = (0L, -1L, new int[Blocks.Size]);
        pair.Read(
            tensor,
            (before, after, offset) =>
            {
                var differing = Deltas.BitwiseDiff.Collect(before, after, tensor.UnitSize, found);
                first = first < 0 && differing > 0 ? (offset / tensor.UnitSize) + found[0] : first;
                count += differing;
            },
            cancellation);
        return (count, first);
    }

    private static void Check(TensorInfo tensor, string key, long first)
    {
        const string hint = "Export in another format: this kind of adapter adds only to the weights of linear modules.";
        if (tensor.Shape.Count != 2 || !tensor.Name.EndsWith(ShiraFormat.Weight, StringComparison.Ordinal)
            || tensor.Name.Length == ShiraFormat.Weight.Length)
        {
            throw new FishException(
                ErrorCode.VersionInvalid, key,
                $"The tensor {TensorInfo.ShapeText(tensor.Shape)} changes, as at {first}, and is not a matrix MODULE{ShiraFormat.Weight}.",
                hint);
        }

        if (!FloatSum.Takes(tensor.Type))
        {
            throw new FishException(ErrorCode.DtypeMismatch, key,
                $"The tensor changes, as at {first}, and {DTypes.NameOf(tensor.Type)} does not support addition.", hint);
        }

        if (tensor.Shape.Any(size => size > int.MaxValue))
        {
            throw new FishException(ErrorCode.TooLarge, key, "A row or column does not fit 32 bits.", hint);
        }
    }
}
