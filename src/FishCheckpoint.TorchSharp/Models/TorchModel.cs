using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// A TorchSharp module for the hook, masks and optimizers: its parameters and persistent buffers by name, in the order of a layout.
/// </summary>
/// <remarks>
/// Each use looks tensors up by name, so the module may be moved or converted in between; its submodules must stay the same. On the host,
/// values are read in place, even from tensors that are not contiguous; from another device only the requested values are copied. Not safe
/// for concurrent use.
/// </remarks>
public sealed class TorchModel : ITrainingModel, IDisposable
{
    private readonly ModuleTensor[] tensors;
    private readonly ModuleTree tree;
    private readonly Dictionary<int, List<ModuleTensor>> unnamed = [];
    private readonly TensorNames names;

    /// <summary>Wraps a module.</summary>
    /// <param name="module">The module. Not owned: neither it nor its tensors are disposed here.</param>
    /// <param name="layout">The checkpoints' layout, from the base's file or a mask. It must name every parameter and persistent buffer,
    /// with or without prefixes of model wrappers (<see cref="TensorNames"/>). Default: <see cref="LayoutOf"/> the module.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TensorMissing"/>: the module lacks a tensor of the layout;
    /// <see cref="ErrorCode.TensorUnknown"/>: the layout lacks one of the module; <see cref="ErrorCode.DtypeMismatch"/>,
    /// <see cref="ErrorCode.ShapeMismatch"/>: a tensor differs, or is complex or quantized; <see cref="ErrorCode.RequestInvalid"/>: a
    /// tensor is sparse, or its elements share memory. The code and key belong to the first difference; the cause lists up to 20 and counts
    /// the rest.</exception>
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
    /// Tensors of the layout that share memory, for <see cref="MaskRule.Tied"/>. On devices other than the host, it finds only identical
    /// torch tensors, not two tensors over the same memory.
    /// </summary>
    public TiedTensors Tied { get; }

    internal IReadOnlyList<ModuleTensor> Tensors => tensors;

    internal IEnumerable<torch.nn.Module> Modules => tree.Modules;

    /// <summary>
    /// The layout of a module: its parameters, then its persistent buffers, both from the root down, under their state dictionary names.
    /// Shared memory appears once, under its first name.
    /// </summary>
    /// <exception cref="FishException"><see cref="ErrorCode.DtypeMismatch"/>: a tensor is complex or quantized;
    /// <see cref="ErrorCode.RequestInvalid"/>: the module does not return its tensors by name.</exception>
    public static Layout LayoutOf(torch.nn.Module module)
    {
        var (tree, memory, seen) = (new ModuleTree(module), new SharedMemory(), new HashSet<int>());
        return new Layout(
            [.. tree.Names.Select(name => (Name: name, Tensor: tree.Get(name))).Where(pair => seen.Add(memory.NumberOf(pair.Tensor)))
            .Select(pair => ModuleTree.InfoOf(pair.Name, pair.Tensor))]);
    }

    /// <summary>
    /// Whether a tensor of the layout trains: a parameter with a float dtype that requires gradients. For <see cref="MaskRule.Trainable"/>.
    /// </summary>
    public bool Trains(TensorInfo tensor) => Layout.TryIndexOf(tensor.Name, out var index)
        && tensors[index] is { IsParameter: true } found && TorchDTypes.IsFloat(found.Info.Type) && found.Live.requires_grad;

    /// <summary>A rule for masks of this module: only trainable tensors compete, and tied tensors count once.</summary>
    /// <param name="ratio">The share of all trainable elements in the mask, from 0 to 1.</param>
    /// <param name="alwaysTrained">Tensors that the mask includes whole, such as a new classifier head. Default: none.</param>
    public MaskRule Rule(double ratio, Func<TensorInfo, bool>? alwaysTrained = null) =>
        new() { Ratio = ratio, Trainable = Trains, Tied = Tied, AlwaysTrained = alwaysTrained ?? (_ => false) };

    /// <inheritdoc/>
    /// <exception cref="FishException">A tensor no longer matches the layout.</exception>
    public void Gather(TensorMask positions, Span<byte> values)
    {
        var tensor = tensors[positions.Tensor];
        tensor.Flat().Gather(positions.Positions.Span, tensor.IndexOf(positions), values);
    }

    /// <inheritdoc/>
    /// <exception cref="FishException">A tensor no longer matches the layout.</exception>
    public void Read(int tensor, long offset, Span<byte> destination) => tensors[tensor].Flat().Read(offset, destination);

    /// <inheritdoc/>
    /// <exception cref="FishException">A tensor no longer matches the layout.</exception>
    public void Write(int tensor, long offset, ReadOnlySpan<byte> bytes) => tensors[tensor].Flat().Write(offset, bytes);

    /// <summary>Writes the model atomically as a safetensors file, such as for a base. The tensors have the order of the layout.</summary>
    /// <param name="path">The file's path.</param>
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

    /// <summary>Loads the module from a safetensors file with every tensor of the layout: the inverse of <see cref="SaveFile"/>.</summary>
    /// <param name="path">The file; it may contain other tensors too.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TensorMissing"/>, <see cref="ErrorCode.DtypeMismatch"/>,
    /// <see cref="ErrorCode.ShapeMismatch"/>, or a code of an invalid header. Nothing is changed.</exception>
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

    /// <summary>Disposes the cached index tensors on a device; the module is unchanged.</summary>
    public void Dispose() => Array.ForEach(tensors, tensor => tensor.Dispose());

    /// <summary>
    /// The gradient of a tensor, with its shape: the sum of its aliases' gradients. The caller disposes it; <see langword="null"/> if there
    /// is none.
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

    /// <summary>A tensor of the layout, and tensors of the module that share its memory and are not in the layout.</summary>
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
                ErrorCode.TensorMissing, info.Name, "The file does not have this tensor.", "Give a file of the module's layout.");
        }

        return source.Info.Equals(info) ? source : throw new FishException(
            source.Info.Type == info.Type ? ErrorCode.ShapeMismatch : ErrorCode.DtypeMismatch, info.Name,
            $"The file has {source.Info}; expected {info}.", "Give a file of the module's layout.");
    }

    private ModuleTensor Find(TensorInfo info, bool asDevice)
    {
        var (owner, leaf, isParameter, _) = tree.Find(names.Find(info.Name) ?? info.Name) ?? throw new FishException(
            ErrorCode.TensorMissing, info.Name, "The module has no tensor of this name.",
            "Build the module like the base, or remove the tensor from the task's own.");
        var found = new ModuleTensor(owner, leaf, isParameter, info) { AsDevice = asDevice };
        found.Flat();
        return found;
    }

    // A trained tensor without a place in checkpoints would be lost silently. A tensor that shares memory with one of the layout is stored
    // under that one's name.
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

        // A tensor tied to one of the layout is stored under that one's name.
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
            "Build the module like the base or, for a new task with tensors of its own, create the mask on TorchModel.LayoutOf(module) "
                + "and give the hook Base and "
            + $"OwnTensors = [{option}{(own.Count > Shown ? ", ..." : "")}].", first);
    }
}
