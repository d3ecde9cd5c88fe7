using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// Tensors of a layout that share memory, such as an embedding and its tied output layer. The file contains each of them, so the mask must
/// too; they train as one tensor, so they are scored, counted and updated as one.
/// </summary>
public sealed class TiedTensors
{
    private readonly Dictionary<int, int> canonical = [];
    private readonly Dictionary<int, IReadOnlyList<int>> groups = [];

    private TiedTensors(IEnumerable<IReadOnlyList<int>> found)
    {
        Groups = [.. found.Where(group => group.Count > 1)];
        foreach (var group in Groups)
        {
            groups.Add(group[0], group);
            foreach (var tensor in group)
            {
                canonical.Add(tensor, group[0]);
            }
        }
    }

    /// <summary>No tensors share memory.</summary>
    public static TiedTensors None { get; } = new([]);

    /// <summary>
    /// Groups of tensors that share memory, as indices in layout order: the first one is canonical, the others are its aliases.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<int>> Groups { get; }

    /// <summary>Finds tensors of one dtype with the same first byte and length; it does not find tensors that only overlap.</summary>
    /// <param name="layout">The tensors.</param>
    /// <param name="tensorBytes">Their actual memory: a copy shares none.</param>
    public static TiedTensors Find(Layout layout, TensorBytes tensorBytes)
    {
        var found = new List<List<int>>();
        foreach (var alike in Enumerable.Range(0, layout.Tensors.Count).Where(tensor => layout.Tensors[tensor].Bytes > 0)
            .GroupBy(tensor => (layout.Tensors[tensor].Type, layout.Tensors[tensor].Bytes)))
        {
            var first = found.Count;
            foreach (var tensor in alike)
            {
                // Both spans stay pinned while they are compared: the garbage collector may move managed arrays between two calls.
                var group = found.FindIndex(first, group => tensorBytes(group[0]) == tensorBytes(tensor));
                if (group < 0)
                {
                    found.Add([tensor]);
                }
                else
                {
                    found[group].Add(tensor);
                }
            }
        }

        return new TiedTensors(found.OrderBy(group => group[0]));
    }

    /// <summary>The canonical tensor of a tensor: the first of its group, or itself.</summary>
    public int CanonicalOf(int tensor) => canonical.GetValueOrDefault(tensor, tensor);

    /// <summary>All tensors that share a tensor's memory, including itself, in layout order.</summary>
    public IReadOnlyList<int> GroupOf(int tensor) => groups.GetValueOrDefault(CanonicalOf(tensor), [tensor]);

    /// <summary>A mask without aliases for an optimizer, so that it updates no memory twice.</summary>
    public Mask WithoutAliases(Mask mask) => Groups.Count == 0
        ? mask : Mask.Create(mask.Layout, mask.Tensors.Where(tensor => CanonicalOf(tensor.Tensor) == tensor.Tensor));

    /// <summary>Repeats the positions of canonical tensors in their aliases.</summary>
    internal IEnumerable<TensorMask> WithAliases(IEnumerable<TensorMask> chosen) =>
        chosen.SelectMany(tensor => GroupOf(tensor.Tensor).Select(member => new TensorMask(member, tensor.Positions)));
}
