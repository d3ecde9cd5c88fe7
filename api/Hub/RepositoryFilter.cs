using FishCheckpoint.Api.Settings;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Hub;

/// <summary>
/// Lets the names of tasks through, alone or under the one owner there is. Any other owner has no repositories: a name of somewhere else is
/// never answered with a task of here.
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
                ErrorCode.TaskNotFound, owner is null ? $"{task}" : $"{owner}/{task}", "There is no such repository.",
                $"Ask for TASK, or {settings.Hub.Owner}/TASK; /v1/tasks lists them.");
        }

        return next(context);
    }
}
