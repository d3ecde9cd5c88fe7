using System.Collections.Concurrent;
using System.Text;
using FishCheckpoint.Contract;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Durability.Operations;

/// <summary>The bytes that an operation's numbers stand for.</summary>
public static class Contents
{
    private static readonly ConcurrentDictionary<(string Base, string Kind, int Content, int Mask), TestModel> Models = new();

    private static readonly ConcurrentDictionary<(string Kind, int Content), string> Hashes = new();

    /// <summary>The names of tasks, a letter each.</summary>
    public const string Tasks = "abcde";

    /// <summary>The first of them that is a branch, by its place.</summary>
    public const int Branches = 3;

    /// <summary>
    /// The base that a task is bound to, by the first letter of its name: in wide floats, whose values are predicted one from another, or
    /// in narrow ones.
    /// </summary>
    public static string BaseOf(string task) => task.StartsWith('c') ? "narrow" : "wide";

    public static string DescriptionOf(int content) => $"description {content}";

    public static IReadOnlyDictionary<string, double> MetricsOf(int content) => new Dictionary<string, double>(StringComparer.Ordinal)
    {
        ["loss"] = content / 8.0,
    };

    /// <summary>The model that a base of a seed is.</summary>
    public static TestModel Base(int content) => Models.GetOrAdd(("", "base", content, 0), _ => content == 2
        ? TestModel.Create(content, null, new TensorInfo("w", DType.BF16, [40, 50]), new TensorInfo("b", DType.F32, [20]))
        : TestModel.Create(
            content, null, new TensorInfo("w", DType.F32, [30, 50]), new TensorInfo("h", DType.BF16, [10, 20]),
            new TensorInfo("n", DType.I64, [])));

    public static TestModel BaseOfTask(string task) => Base(BaseOf(task) == "narrow" ? 2 : 1);

    /// <summary>The model that a save holds.</summary>
    public static TestModel Of(Operation save) =>
        Models.GetOrAdd((BaseOf(save.Task), save.Kind.ToString(), save.Content, save.Mask), _ => save.Kind switch
    {
        // Every other one has a layout of its trainer's own.
        OperationKind.SaveFull when save.Content % 2 == 0 => BaseOfTask(save.Task).Change(save.Content, 0.05).Rearranged(),
        OperationKind.SaveFull or OperationKind.SavePatch => BaseOfTask(save.Task)
            .Change(save.Content, save.Kind == OperationKind.SavePatch ? 0.02 : 0.05),
        _ => OnMask(BaseOfTask(save.Task), MaskOf(save), save.Content),
    });

    /// <summary>
    /// The model that results when a save is applied to its parent: a full model is itself, anything else holds only what it
    /// changes.
    /// </summary>
    public static TestModel ApplyTo(Operation save, TestModel parent)
    {
        var sent = Of(save);
        if (save.Kind == OperationKind.SaveFull)
        {
            return sent;
        }

        var (from, result) = (BaseOfTask(save.Task), BaseOfTask(save.Task).Copy());
        var masked = save.Kind == OperationKind.SaveMasked ? MaskOf(save).Tensors[0].Positions.ToArray().ToHashSet() : null;
        foreach (var tensor in result.Header.Tensors.Select(tensor => tensor.Info))
        {
            parent[tensor.Name].CopyTo(result[tensor.Name], 0);
            for (var unit = 0; unit < tensor.Units; unit++)
            {
                Span<byte> Of(TestModel model) => model[tensor.Name].AsSpan(unit * tensor.UnitSize, tensor.UnitSize);
                if (masked is null ? !Of(sent).SequenceEqual(Of(from)) : tensor.Name == "w" && masked.Contains(unit))
                {
                    Of(sent).CopyTo(Of(result));
                }
            }
        }

        return result;
    }

    /// <summary>Positions of the first tensor.</summary>
    public static Mask MaskOf(Operation save)
    {
        var layout = BaseOfTask(save.Task).Layout;
        var random = new Random(save.Mask);
        var positions = new SortedSet<long>();
        var tensor = Enumerable.Range(0, layout.Tensors.Count).First(index => layout.Tensors[index].Name == "w");
        while (positions.Count < 300)
        {
            positions.Add(random.NextInt64(layout.Tensors[tensor].Units));
        }

        return Mask.Create(layout, [new TensorMask(tensor, positions.ToArray())]);
    }

    public static Delta DeltaOf(Operation save)
    {
        var (mask, model) = (MaskOf(save), Of(save));
        return MaskedState.Gather(mask, tensor => model[mask.Layout.Tensors[tensor].Name]);
    }

    /// <summary>A trainer state: some of several pages.</summary>
    public static byte[] StateOf(int seed)
    {
        var bytes = new byte[200 + (seed * 20_000)];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>How many sets of side files there are.</summary>
    public const int FileSets = 3;

    /// <summary>The side files of a set, by name: each has one of its own, and two of the sets share the other.</summary>
    public static IReadOnlyList<(string Name, byte[] Bytes)> FilesOf(int set)
    {
        var vocabulary = new byte[30_000];
        new Random(set / 2).NextBytes(vocabulary);
        return [("config.json", Encoding.UTF8.GetBytes($$"""{"set": {{set}}}""")), ("tokenizer/vocabulary", vocabulary)];
    }

    public static string HashOfFiles(int set) => Hashes.GetOrAdd(("files", set), _ => StoreModel.FilesLine(FilesOf(set)));

    public static string HashOfState(int seed) => Hashes.GetOrAdd(("state", seed), _ => StoreModel.Hash(StateOf(seed)));

    public static string HashOfBase(int content) => Hashes.GetOrAdd(("base", content), _ => StoreModel.Hash(Base(content).ToBytes()));

    private static TestModel OnMask(TestModel model, Mask mask, int seed)
    {
        var (copy, random) = (model.Copy(), new Random(seed));
        var info = mask.Layout.Tensors[mask.Tensors[0].Tensor];
        foreach (var position in mask.Tensors[0].Positions.Span)
        {
            random.NextBytes(copy[info.Name].AsSpan((int)position * info.UnitSize, info.UnitSize));
        }

        return copy;
    }
}
