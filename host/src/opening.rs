//! Opening the project that a command works in, bringing its files up to date, and what is said on the way.

use crate::cli::Context;
use crate::error::CliError;
use crate::moment;
use crate::project::{self, Project};

impl Context {
    /// The project to look at, if there is one.
    pub async fn project_to_read(&self) -> Result<Option<Project>, CliError> {
        let project = project::open_to_read(&self.env, self.global.project.as_deref()).await?;
        match project {
            Some(mut project) => {
                self.announce(&mut project).await?;
                moment::look_back(self, &mut project).await?;
                Ok(Some(project))
            }
            None => Ok(None),
        }
    }

    /// The project to change, made if there is none. Deleted tenants whose time is over are deleted for good first.
    pub async fn project_to_change(&self) -> Result<Project, CliError> {
        let mut project = self.opened_to_change().await?;
        crate::grace::purge_expired(self, &mut project).await?;
        Ok(project)
    }

    /// The project to change, which has to be there, with all that was deleted and can still be brought back.
    pub async fn project_without_purge(&self) -> Result<Project, CliError> {
        if project::locate(&self.env, self.global.project.as_deref()).is_none() {
            return Err(crate::choice::no_project());
        }
        self.opened_to_change().await
    }

    async fn opened_to_change(&self) -> Result<Project, CliError> {
        let mut project = project::open_to_change(&self.env, self.global.project.as_deref()).await?;
        self.announce(&mut project).await?;
        Ok(project)
    }

    /// The project whose unfinished operation the user is about to go on with, so that there is no need to mention it.
    pub async fn project_to_resume_in(&self) -> Result<Project, CliError> {
        let named = self.global.project.as_deref();
        if project::locate(&self.env, named).is_none() {
            return Err(crate::choice::no_project());
        }
        let mut project = project::open_to_change(&self.env, named).await?;
        self.tell(&mut project);
        Ok(project)
    }

    /// The project to change, which has to be there.
    pub async fn existing_project(&self) -> Result<Project, CliError> {
        if project::locate(&self.env, self.global.project.as_deref()).is_none() {
            return Err(crate::choice::no_project());
        }
        self.project_to_change().await
    }

    /// The project in which the user is about to take in what was edited, or to drop it: there is no need to mention it.
    pub async fn project_with_edits_at_hand(&self) -> Result<Project, CliError> {
        let mut project = self.project_to_resume_in().await?;
        project.edited.clear();
        Ok(project)
    }

    /// Brings the files beside the log up to date, at the end of a command, and says what was found on the way.
    pub async fn sync_files(&self, project: &mut Project) -> Result<(), CliError> {
        let synced = project::sync_files(project).await;
        self.tell(project);
        synced
    }

    /// What the project has to say, once.
    fn tell(&self, project: &mut Project) {
        for line in project.notices.drain(..) {
            self.note(&line);
        }
        for left in project.left_out.drain(..) {
            self.note(&left.in_words());
        }
    }

    async fn announce(&self, project: &mut Project) -> Result<(), CliError> {
        self.tell(project);
        for profile in std::mem::take(&mut project.edited) {
            self.note(&crate::project::profile_files::edited_notice(&profile));
        }
        self.announce_unfinished(project).await
    }

    /// A line for each operation that was interrupted.
    pub async fn announce_unfinished(&self, project: &mut Project) -> Result<(), CliError> {
        for line in crate::choice::unfinished_lines(project).await? {
            self.note(&line);
        }
        Ok(())
    }
}
