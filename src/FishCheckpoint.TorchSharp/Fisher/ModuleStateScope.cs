using TorchSharp;
using TorchSharp.Modules;

namespace FishCheckpoint.TorchSharp;

/// <summary>Sets aside a module's modes and gradients, and puts them back.</summary>
internal sealed class ModuleStateScope : IDisposable
{
    private readonly (torch.nn.Module Module, bool Training)[] modes;
    private readonly (Parameter Parameter, torch.Tensor? Gradient)[] gradients;

    public ModuleStateScope(TorchModel model)
    {
        modes = [.. model.Modules.Select(module => (module, module.training))];
        gradients = [.. model.Module.parameters().Select(parameter => (parameter, parameter.grad?.DetachFromDisposeScope()))];
        model.Module.eval();
        Clear();
    }

    /// <summary>Lets go of the gradients there are now.</summary>
    public void Clear()
    {
        foreach (var (parameter, _) in gradients)
        {
            parameter.grad = null;
        }
    }

    public void Dispose()
    {
        foreach (var (parameter, gradient) in gradients)
        {
            parameter.grad = gradient;
            gradient?.Dispose();
        }

        // A module sets its children too: each is before its children here.
        foreach (var (module, training) in modes)
        {
            module.train(training);
        }
    }
}
