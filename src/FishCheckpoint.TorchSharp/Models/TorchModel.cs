using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// A TorchSharp module as the hook, masks and optimizers see it: its parameters and persistent buffers by name, in the order of a layout.
/// </summary>
/// <remarks>
/// Tensors are looked up by name for each use, so the module may be moved or converted back and forth in between; its tree of modules stays
/// as it is. On the host, values are read where they lie, also from tensors that are not contiguous; from another device only the values
/// asked for cross. Not safe for concurrent use.
/// </remarks>
public sealed class TorchModel : ITrainingModel, IDisposable
{
    private readonly ModuleTensor[] tensors;
    private readonly ModuleTree tree;
    private readonly Dictionary<int, List<ModuleTensor>> unnamed = [];
    private readonly TensorNames names;

    /// <summary>Takes a module.</summary>
    /// <param name="module">The module. Not owned: neither it nor its tensors are disposed here.</param>
    /// <param name="layout">
    /// The task layout that checkpoints have, as of the base's file or a mask; it has to name each parameter and persistent buffer, with or
    /// without what wrapping a model adds to names (<see cref="TensorNames"/>). Default: <see cref="LayoutOf"/> the module.
    /// </param>
    /// <exception cref="FishException"><see cref="ErrorCode.TensorMissing"/>: the module lacks a tensor of the layout;
    /// <see cref="ErrorCode.TensorUnknown"/>: the layout lacks one of the module; <see cref="ErrorCode.DtypeMismatch"/>,
    /// <see cref="ErrorCode.ShapeMismatch"/>: a tensor is another one, or complex or quantized; <see cref="ErrorCode.RequestInvalid"/>: a
    /// tensor is sparse, or its elements share memory. The code and key are of the first difference; the cause has all (beyond 20 a
    /// count).</exception>
    public TorchModel(torch.nn.Module module, Layout? layout = null)
        : this(module, layout, asDevice: false)
    {
    }

    internal TorchModel(torch.nn.Module module, Layout? layout, bool asDevice)
    {
        (Module, tree, Layout) = (module, new ModuleTree(module), layout ?? LayoutOf(module));
        names = new TensorNames(tree.Names);
        try
        {
            tensors = [.. Layout.Tensors.Select(info => Find(info, asDevice))];
            var memory = new SharedMemory();
            Tied = memory.Tied(Layout, [.. tensors.Select(tensor => tensor.Live)]);
            RequireAll(memory);
        }
        catch (FishException first) when (layout is not null && first.Kind == ErrorKind.Mismatch)
        {
            throw WithOthers(first);
        }
    }

    /// <summary>The module.</summary>
    public torch.nn.Module Module { get; }

    /// <inheritdoc/>
    public Layout Layout { get; }

    /// <summary>
    /// Tensors of the layout that are the same memory, for <see cref="MaskRule.Tied"/>. On other devices than the host, only what is one
    /// tensor of torch is found, not two over the same memory.
    /// </summary>
    public TiedTensors Tied { get; }

    internal IReadOnlyList<ModuleTensor> Tensors => tensors;

    internal IEnumerable<torch.nn.Module> Modules => tree.Modules;

    /// <summary>
    /// The layout of a module: its parameters, then its persistent buffers, both from the root down, by the names that a state dictionary
    /// has. What is the same memory stands there once, under its first name.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.DtypeMismatch"/>: a tensor is complex or quantized;
    /// <see cref="ErrorCode.RequestInvalid"/>: the module does not give its tensors by name.</exception>
    public static Layout LayoutOf(torch.nn.Module module)
    {
        var (tree, memory, seen) = (new ModuleTree(module), new SharedMemory(), new HashSet<int>());
        return new Layout(
            [.. tree.Names.Select(name => (Name: name, Tensor: tree.Get(name))).Where(pair => seen.Add(memory.NumberOf(pair.Tensor)))
            .Select(pair => ModuleTree.InfoOf(pair.Name, pair.Tensor))]);
    }

    /// <summary>
    /// Whether a tensor of the layout trains: a parameter of a float dtype that asks for gradients. For <see cref="MaskRule.Trainable"/>.
    /// </summary>
    public bool Trains(TensorInfo tensor) => Layout.TryIndexOf(tensor.Name, out var index)
        && tensors[index] is { IsParameter: true } found && TorchDTypes.IsFloat(found.Info.Type) && found.Live.requires_grad;

    /// <summary>A rule for masks of this module: only what trains takes part, and tied tensors count once.</summary>
    /// <param name="ratio">The share of all trainable elements that the mask may hold, from 0 to 1.</param>
    /// <param name="alwaysTrained">Tensors that are in the mask whole, such as a new classifier head. Default: none.</param>
    public MaskRule Rule(double ratio, Func<TensorInfo, bool>? alwaysTrained = null) =>
        new() { Ratio = ratio, Trainable = Trains, Tied = Tied, AlwaysTrained = alwaysTrained ?? (_ => false) };

    /// <inheritdoc/>
    /// <exception cref="FishException">A tensor is not what the layout says any more.</exception>
    public void Gather(TensorMask positions, Span<byte> values)
    {
        var tensor = tensors[positions.Tensor];
        tensor.Flat().Gather(positions.Positions.Span, tensor.IndexOf(positions), values);
    }

    /// <inheritdoc/>
    /// <exception cref="FishException">A tensor is not what the layout says any more.</exception>
    public void Read(int tensor, long offset, Span<byte> destination) => tensors[tensor].Flat().Read(offset, destination);

    /// <inheritdoc/>
    /// <exception cref="FishException">A tensor is not what the layout says any more.</exception>
    public void Write(int tensor, long offset, ReadOnlySpan<byte> bytes) => tensors[tensor].Flat().Write(offset, bytes);

    /// <summary>
    /// Writes the model as a safetensors file, as for a base: its tensors in the order of the layout. The file appears whole or not at all.
    /// </summary>
    /// <param name="path">Where it is to appear.</param>
    /// <param name="metadata">The <c>__metadata__</c> map; <see langword="null"/> for none.</param>
    public void SaveFile(string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var writer = new SafetensorsWriter(path, HeaderWriter.Create(Layout.Tensors, metadata));
        var buffer = new byte[Blocks.Size];
        for (var tensor = 0; tensor < tensors.Length; tensor++)
        {
            for (var block = 0L; block < Blocks.CountOf(tensors[tensor].Info); block++)
            {
                var part = buffer.AsSpan(0, Blocks.LengthOf(tensors[tensor].Info, block));
                Read(tensor, block * Blocks.Size, part);
                writer.Write(part);
            }
        }

        writer.Commit();
    }

    /// <summary>
    /// Fills the module from a safetensors file that holds each tensor of the layout: the mirror of <see cref="SaveFile"/>.
    /// </summary>
    /// <param name="path">The file; it may hold other tensors too.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TensorMissing"/>, <see cref="ErrorCode.DtypeMismatch"/>,
    /// <see cref="ErrorCode.ShapeMismatch"/>, or a code for each way a header can lie. Nothing is changed then.</exception>
    public void LoadFile(string path)
    {
        using var file = SafetensorsFile.Open(path);
        var stored = file.Header.Tensors.ToDictionary(tensor => tensor.Info.Name, StringComparer.Ordinal);
        StoredTensor[] sources = [.. Layout.Tensors.Select(info => SourceOf(info, stored))];
        var buffer = new byte[Blocks.Size];
        for (var tensor = 0; tensor < tensors.Length; tensor++)
        {
            for (var block = 0L; block < Blocks.CountOf(tensors[tensor].Info); block++)
            {
                var part = buffer.AsSpan(0, Blocks.LengthOf(tensors[tensor].Info, block));
                file.ReadData(sources[tensor].Begin + (block * Blocks.Size), part);
                Write(tensor, block * Blocks.Size, part);
            }
        }
    }

    /// <summary>Frees the index tensors that are kept on a device; the module stays as it is.</summary>
    public void Dispose() => Array.ForEach(tensors, tensor => tensor.Dispose());

    /// <summary>
    /// The gradient of a tensor, of the same shape: the sum of those of its aliases. The caller disposes it; <see langword="null"/> where
    /// there is none.
    /// </summary>
    internal torch.Tensor? GradientOf(int tensor)
    {
        var group = Tied.GroupOf(tensor);
        if (group.Count == 1 && !unnamed.ContainsKey(tensor))
        {
            return Dense(tensors[tensor].Parameter?.grad);
        }

        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var members = group.SelectMany(WithAliases);
        var parameters = new List<torch.Tensor>();
        foreach (var parameter in members.Select(member => member.Parameter).OfType<torch.Tensor>())
        {
            if (!parameters.Exists(other => SharedMemory.IsOne(other, parameter)))
            {
                parameters.Add(parameter);
            }
        }

        var gradients = parameters.Select(parameter => Dense(parameter.grad)).OfType<torch.Tensor>().ToArray();
        if (gradients.Length == 0)
        {
            return null;
        }

        var sum = gradients[1..].Aggregate(gradients[0], (all, gradient) => all + gradient.reshape(all.shape));
        Array.ForEach(gradients, gradient => (ReferenceEquals(gradient, sum) ? null : gradient)?.Dispose());
        return sum.DetachFromDisposeScope();
    }

    /// <summary>A tensor of the layout, and those of the module that are the same memory and not in the layout.</summary>
    internal IEnumerable<ModuleTensor> WithAliases(int tensor) => unnamed.GetValueOrDefault(tensor, []).Prepend(tensors[tensor]);

    private static torch.Tensor? Dense(torch.Tensor? gradient)
    {
        if (gradient is null || !gradient.is_sparse)
        {
            return gradient?.DetachFromDisposeScope();
        }

        using (gradient)
        {
            return gradient.to_dense().DetachFromDisposeScope();
        }
    }

    private static StoredTensor SourceOf(TensorInfo info, Dictionary<string, StoredTensor> stored)
    {
        if (!stored.TryGetValue(info.Name, out var source))
        {
            throw new FishException(
                ErrorCode.TensorMissing, info.Name, "The file has no such tensor.", "Give a file of the module's layout.");
        }

        return source.Info.Equals(info) ? source : throw new FishException(
            source.Info.Type == info.Type ? ErrorCode.ShapeMismatch : ErrorCode.DtypeMismatch, info.Name,
            $"The file holds {source.Info}; {info} is expected.", "Give a file of the module's layout.");
    }

    private ModuleTensor Find(TensorInfo info, bool asDevice)
    {
        var (owner, leaf, isParameter, _) = tree.Find(names.Find(info.Name) ?? info.Name) ?? throw new FishException(
            ErrorCode.TensorMissing, info.Name, "The module has no tensor of this name.",
            "Build the module as the base was, or drop the tensor as the task's own.");
        var found = new ModuleTensor(owner, leaf, isParameter, info) { AsDevice = asDevice };
        found.Flat();
        return found;
    }

    // What trains and is in no checkpoint would be lost without a word. What has the memory of a tensor of the layout is in them by that
    // one's name.
    private void RequireAll(SharedMemory memory)
    {
        var known = new Dictionary<int, int>();
        for (var tensor = 0; tensor < tensors.Length; tensor++)
        {
            known.TryAdd(memory.NumberOf(tensors[tensor].Live), tensor);
        }

        var inLayout = new TensorNames(Layout.Tensors.Select(tensor => tensor.Name));
        foreach (var name in tree.Names.Where(name => inLayout.Find(name) is null))
        {
            var tensor = tree.Get(name);
            if (!known.TryGetValue(memory.NumberOf(tensor), out var canonical))
            {
                throw new FishException(
                    ErrorCode.TensorUnknown, name, "The layout does not have this tensor of the module.",
                    "Declare it as the task's own, or register it as a buffer that is not persistent.");
            }

            var (owner, leaf, isParameter, _) = tree.Find(name)!.Value;
            if (!unnamed.TryGetValue(canonical, out var aliases))
            {
                unnamed.Add(canonical, aliases = []);
            }

            aliases.Add(new ModuleTensor(owner, leaf, isParameter, ModuleTree.InfoOf(name, tensor)));
        }
    }

    private FishException WithOthers(FishException first)
    {
        const int Shown = 20;
        var (inLayout, differences, own) =
            (new TensorNames(Layout.Tensors.Select(tensor => tensor.Name)), new List<string>(), new List<string>());
        foreach (var (info, name) in Layout.Tensors.Select(info => (info, names.Find(info.Name))))
        {
            var found = name is null ? null : tree.Find(name)?.Tensor;
            if (found is null || !found.shape.SequenceEqual(info.Shape) || found.dtype != TorchDTypes.ToTorch(info.Type))
            {
                own.Add(info.Name);
                differences.Add(found is null ? $"{info} is missing from the module"
                    : $"'{info.Name}' is {found.dtype} {TensorInfo.ShapeText(found.shape)}, not {info}");
            }
        }

        // What is tied to a tensor of the layout is there by that one's name.
        var memory = new SharedMemory();
        var known = Layout.Tensors.Select(info => names.Find(info.Name)).OfType<string>().Select(name => memory.NumberOf(tree.Get(name)))
            .ToHashSet();
        foreach (var name in tree.Names.Where(name => inLayout.Find(name) is null && !known.Contains(memory.NumberOf(tree.Get(name)))))
        {
            own.Add(name);
            differences.Add($"the module has '{name}', which is not in the layout");
        }

        var rest = differences.Count > Shown ? $"; and {differences.Count - Shown} more" : "";
        var option = string.Join(", ", own.Take(Shown).Select(name => $"\"{name}\""));
        return differences.Count < 2 ? first : new FishException(
            first.Code, first.Key,
            $"The module differs from the layout in {differences.Count} tensors: {string.Join("; ", differences.Take(Shown))}{rest}.",
            "Build the module as the base was or, for a new task with tensors of its own, make the mask on TorchModel.LayoutOf(module) "
                + "and give the hook Base and "
            + $"OwnTensors = [{option}{(own.Count > Shown ? ", ..." : "")}].", first);
    }
}
