using FishCheckpoint.Api.Settings;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hub;

/// <summary>
/// Accepts task names, alone or under the configured owner. Other owners have no repositories, so a foreign name never returns a local
/// task.
/// </summary>
internal sealed class RepositoryFilter(FishSettings settings) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var route = context.HttpContext.Request.RouteValues;
        var (owner, task) = (route["owner"] as string, route["task"] as string);
        if ((owner is not null && owner != settings.Hub.Owner) || (task is not null && !Names.IsValid(task)))
        {
            throw new FishException(
                ErrorCode.TaskNotFound, owner is null ? $"{task}" : $"{owner}/{task}", "The repository does not exist.",
                $"Use TASK or {settings.Hub.Owner}/TASK; /v1/tasks lists them.");
        }

        return next(context);
    }
}
