using TorchSharp;
using TorchSharp.Modules;

namespace FishCheckpoint.TorchSharp;

/// <summary>Saves a module's modes and gradients, and restores them.</summary>
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

    /// <summary>Disposes the current gradients.</summary>
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

        // Setting a module also sets its children, so each comes before its children here.
        foreach (var (module, training) in modes)
        {
            module.train(training);
        }
    }
}
