using System.Reflection;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;
using TorchSharp;
using TorchSharp.Modules;

namespace FishCheckpoint.TorchSharp;

/// <summary>
/// The state of an ordinary TorchSharp optimizer, through its state dictionary: moments and counts by parameter name, and the options of
/// each group. Its moments are as large as the model; <see cref="TorchMaskedOptimizer"/> has moments only for the mask.
/// </summary>
public sealed class TorchOptimizerState : IResumable
{
    private const string NameKey = "optimizer";
    private const string ParametersKey = "parameters";

    private readonly TorchModel model;
    private readonly OptimizerHelper optimizer;

    /// <summary>Creates the part for an optimizer.</summary>
    /// <param name="model">The optimizer's model. Not owned.</param>
    /// <param name="optimizer">The optimizer, created after the module was moved and converted. Not owned.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.RequestInvalid"/>: it has no state dictionary (such as LBFGS), or a parameter
    /// that is not the model's.</exception>
    public TorchOptimizerState(TorchModel model, torch.optim.Optimizer optimizer)
    {
        this.model = model;
        this.optimizer = optimizer as OptimizerHelper ?? throw new FishException(
            ErrorCode.RequestInvalid, "optimizer", $"{optimizer.GetType().Name} has no state dictionary.",
            "Choose another optimizer, or save without it; it then starts fresh when training resumes.");
        _ = Names();
    }

    /// <inheritdoc/>
    public void SaveTo(StateSection state)
    {
        var (dictionary, names) = (optimizer.state_dict(), Names());
        state.Set(NameKey, optimizer.GetType().Name);
        foreach (var (index, parameters) in Groups().Index())
        {
            state.Set($"group/{index}/{ParametersKey}", parameters);
        }

        foreach (var (index, options) in dictionary.Options.Index())
        {
            foreach (var (name, field) in Fields.Of(options))
            {
                Fields.Save(state, $"group/{index}/{name}", field, options);
            }
        }

        foreach (var (current, name) in dictionary.State.Zip(names))
        {
            foreach (var field in PartsOf(current))
            {
                Save(state, $"{field.Name}/{name}", field, current);
            }
        }
    }

    /// <inheritdoc/>
    public void Check(StateSection state)
    {
        if (state.Text(NameKey) != optimizer.GetType().Name)
        {
            throw state.Mismatch(NameKey, $"The state belongs to {state.Text(NameKey)}; the optimizer is {optimizer.GetType().Name}.");
        }

        var (dictionary, parameters) = (optimizer.state_dict(), optimizer.parameters().ToArray());
        CheckGroups(state);
        foreach (var (index, options) in dictionary.Options.Index())
        {
            foreach (var (name, field) in Fields.Of(options))
            {
                Fields.Check(state, $"group/{index}/{name}", field, options);
            }
        }

        foreach (var (current, name, parameter) in dictionary.State.Zip(Names(), parameters))
        {
            foreach (var field in PartsOf(current))
            {
                Check(state, $"{field.Name}/{name}", field, current, parameter);
            }
        }
    }

    /// <inheritdoc/>
    public void LoadFrom(StateSection state)
    {
        Check(state);
        var (dictionary, parameters) = (optimizer.state_dict(), optimizer.parameters().ToArray());
        foreach (var (index, options) in dictionary.Options.Index())
        {
            foreach (var (name, field) in Fields.Of(options))
            {
                Fields.Load(state, $"group/{index}/{name}", field, options);
            }
        }

        foreach (var (current, name, parameter) in dictionary.State.Zip(Names(), parameters))
        {
            foreach (var field in PartsOf(current))
            {
                Load(state, $"{field.Name}/{name}", field, current, parameter);
            }
        }
    }

    // Each group's parameters by name, without prefixes of model wrappers.
    private List<string> Groups()
    {
        var (names, groups, at) = (Names(), new List<string>(), 0);
        foreach (var group in optimizer.ParamGroups)
        {
            var count = (group as ParamGroup)?.Parameters?.Count() ?? 0;
            groups.Add(string.Join('\n', names.Skip(at).Take(count).Select(TensorNames.Bare)));
            at += count;
        }

        return groups;
    }

    private void CheckGroups(StateSection state)
    {
        var groups = Groups();
        var saved = state.Names.Where(name => name.StartsWith("group/", StringComparison.Ordinal)).Select(name => name.Split('/')[1])
            .Distinct().Count();
        if (saved != groups.Count)
        {
            throw state.Mismatch("group", $"The state has {saved} parameter groups; the optimizer has {groups.Count}.");
        }

        foreach (var (index, parameters) in groups.Index())
        {
            var key = $"group/{index}/{ParametersKey}";
            if (state.Has(key) && state.Text(key) != parameters)
            {
                throw state.Mismatch(key, "The group's parameters or their order differ from the optimizer's.");
            }
        }
    }

    private static void Check(StateSection state, string key, FieldInfo field, OptimizerState current, Parameter parameter)
    {
        if (field.FieldType != typeof(torch.Tensor))
        {
            Fields.Check(state, key, field, current);
        }
        else if (state.Has(key))
        {
            var type = state.TypeOf(key) ?? throw state.Mismatch(key, "It is not an array.");
            if (!TorchDTypes.TryGet(type, out _))
            {
                throw state.Mismatch(key, $"TorchSharp has no {type}.");
            }

            state.Bytes(key, type, checked((int)(field.GetValue(current) as torch.Tensor ?? parameter).numel()));
        }
    }

    private static IEnumerable<FieldInfo> PartsOf(OptimizerState current) =>
        current.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public).OrderBy(field => field.Name, StringComparer.Ordinal);

    private static void Save(StateSection state, string key, FieldInfo field, OptimizerState current)
    {
        if (field.FieldType != typeof(torch.Tensor))
        {
            Fields.Save(state, key, field, current);
        }
        else if (field.GetValue(current) is torch.Tensor tensor)
        {
            using var scope = torch.NewDisposeScope();
            using var noGrad = torch.no_grad();
            state.Set(key, TorchDTypes.Of(tensor.dtype, key), tensor.detach().cpu().contiguous().bytes);
        }
    }

    private static void Load(StateSection state, string key, FieldInfo field, OptimizerState current, Parameter parameter)
    {
        if (field.FieldType != typeof(torch.Tensor))
        {
            Fields.Load(state, key, field, current);
            return;
        }

        // State that did not exist when it was saved, such as momentum before the first step, is removed.
        var live = field.GetValue(current) as torch.Tensor;
        if (!state.Has(key))
        {
            live?.Dispose();
            field.SetValue(current, null);
            return;
        }

        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        // Keeps the saved dtype, whatever the parameter's is: a moment of another dtype would give other steps.
        var type = state.TypeOf(key)!.Value;
        TorchDTypes.TryGet(type, out var dtype);
        var like = live ?? parameter;
        var host = torch.empty(like.shape, dtype);
        state.Bytes(key, type, checked((int)like.numel())).CopyTo(host.bytes);
        if (live is not null && live.dtype == dtype)
        {
            live.copy_(host);
            return;
        }

        field.SetValue(current, host.to(like.device).detach().DetachFromDisposeScope());
        live?.Dispose();
    }

    private string[] Names()
    {
        var named = model.Tensors.Where(tensor => tensor.IsParameter)
            .Select(tensor => (tensor.Info.Name, Parameter: tensor.Parameter!)).ToArray();
        var byHandle = new Dictionary<nint, string>();
        foreach (var (name, parameter) in named)
        {
            byHandle.TryAdd(parameter.Handle, name);
        }

        return [.. optimizer.parameters().Select(parameter => byHandle.GetValueOrDefault(parameter.Handle)
            ?? Array.Find(named, pair => SharedMemory.IsOne(pair.Parameter, parameter)).Name ?? throw new FishException(
                ErrorCode.RequestInvalid, "optimizer", "It has a parameter that the model no longer has.",
                "Create it after moving or converting the module."))];
    }
}
